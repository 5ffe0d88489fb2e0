// Files in the images' folder that no image is known for, told from those that are being stored or removed just now.
// Finds them; moves nothing. Blocking; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "db/database.h"
#include "server/ingest/in_flight.h"
#include "server/lifecycle/progress.h"
#include "storage/storage.h"

namespace lightfast::lifecycle {

class StrayFinder {
 public:
  StrayFinder(storage::Storage& storage, db::Database& database, const ingest::InFlight& in_flight)
      : storage_(storage), database_(database), in_flight_(in_flight) {}

  // An error of `visit` ends the search. Ends early, without error, when asked to stop.
  using Visit = std::function<Result<void>(const storage::BlobKey&)>;
  Result<void> each(const Visit& visit, Progress& progress, const std::stop_token& stop);

 private:
  Result<void> look_at(const std::vector<std::string>& keys, const Visit& visit);
  Result<std::vector<std::string>> without_row(const std::vector<std::string>& keys);

  storage::Storage& storage_;
  db::Database& database_;
  const ingest::InFlight& in_flight_;
};

}  // namespace lightfast::lifecycle
