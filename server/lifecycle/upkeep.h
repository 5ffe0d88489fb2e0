// Everything that keeps the store in order over the months, put together, with threads of its own: the work is long
// and must not stand in the way of requests. Any thread.
#pragma once

#include <stop_token>

#include "base/workers.h"
#include "server/lifecycle/cleaner.h"

namespace lightfast::lifecycle {

struct Upkeep {
  Upkeep(db::Database& database, storage::Storage& storage, images::Eraser& eraser, images::AccessRecorder& accesses,
         const Clock& clock, Logger& log, const RetentionLimits& limits)
      : cleaner(database, storage, eraser, accesses, clock, log, limits) {}

  Cleaner cleaner;
  std::stop_source stopping;         // at the stop: what is under way ends early, as if interrupted
  Workers workers{"upkeep", 4, 16};  // a cleanup, a check, a backup and a scrub at once; ends first
};

}  // namespace lightfast::lifecycle
