// After a crash: sets files aside that have no row (stored, but never acknowledged), and finishes removals that were
// cut off. Runs in the background once the server is ready, in small steps, beside everything else.
#pragma once

#include <stop_token>

#include "base/log.h"
#include "base/task.h"
#include "base/workers.h"
#include "server/images/eraser.h"
#include "server/lifecycle/stray_finder.h"

namespace lightfast::lifecycle {

class StraySweep {
 public:
  StraySweep(storage::Storage& storage, db::Database& database, const ingest::InFlight& in_flight,
             images::Eraser& eraser, Workers& workers, Logger& log)
      : storage_(storage),
        database_(database),
        finder_(storage, database, in_flight),
        eraser_(eraser),
        workers_(workers),
        log_(log) {}

  struct Swept {
    std::uint64_t strays = 0;    // moved to lost+found
    std::uint64_t removals = 0;  // finished
  };
  // Ends early, without error, when asked to stop.
  Task<Result<Swept>> run(std::stop_token stop);

 private:
  Result<std::uint64_t> move_strays(const std::stop_token& stop);
  Result<std::uint64_t> finish_removals(const std::stop_token& stop);

  storage::Storage& storage_;
  db::Database& database_;
  StrayFinder finder_;
  images::Eraser& eraser_;
  Workers& workers_;
  Logger& log_;
};

}  // namespace lightfast::lifecycle
