// After a crash: sets files aside that have no row (stored, but never acknowledged). Runs in the background once the
// server is ready, in small steps, beside everything else.
#pragma once

#include <stop_token>

#include "base/log.h"
#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"
#include "server/ingest/in_flight.h"
#include "storage/storage.h"

namespace lightfast::lifecycle {

class StraySweep {
 public:
  StraySweep(storage::Storage& storage, db::Database& database, const ingest::InFlight& in_flight, Workers& readers,
             Logger& log);

  // Moves every blob that no row knows, and that is not being stored just now, to lost+found; the number of them.
  // Ends early, without error, when asked to stop.
  Task<Result<std::size_t>> run(std::stop_token stop);

 private:
  Result<std::size_t> run_blocking(const std::stop_token& stop);
  Result<std::size_t> sweep(const std::vector<std::string>& keys);
  Result<std::vector<std::string>> known(const std::vector<std::string>& keys);

  storage::Storage& storage_;
  db::Database& database_;
  const ingest::InFlight& in_flight_;
  Workers& readers_;
  Logger& log_;
};

}  // namespace lightfast::lifecycle
