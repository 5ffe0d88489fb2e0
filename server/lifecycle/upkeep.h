// Everything that keeps the store in order over the months, put together, with threads of its own: the work is long
// and must not stand in the way of requests. Any thread.
#pragma once

#include <stop_token>

#include "base/workers.h"
#include "server/ingest/adopter.h"
#include "server/lifecycle/checker.h"
#include "server/lifecycle/cleaner.h"
#include "server/lifecycle/scrub.h"

namespace lightfast::lifecycle {

// What upkeep works on and with.
struct UpkeepTools {
  db::Database& database;
  storage::Storage& storage;
  const storage::DiskRoom& room;
  images::Eraser& eraser;
  images::Mender& mender;
  images::AccessRecorder& accesses;
  ingest::Adopter& adopter;
  const ingest::InFlight& in_flight;
  const Clock& clock;
  Logger& log;
};

struct Upkeep {
  Upkeep(const UpkeepTools& with, const RetentionLimits& limits)
      : cleaner(with.database, with.room, with.eraser, with.accesses, with.clock, with.log, limits),
        checker(with.database, with.storage, with.mender, with.adopter, with.in_flight, with.log),
        scrub(with.database, with.storage, with.mender, with.clock, with.log) {}

  Cleaner cleaner;
  Checker checker;
  Scrub scrub;
  std::stop_source stopping;         // at the stop: what is under way ends early, as if interrupted
  Workers workers{"upkeep", 4, 16};  // a cleanup, a check, a backup and a scrub at once; ends first
};

}  // namespace lightfast::lifecycle
