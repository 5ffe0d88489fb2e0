// Takes back what was set aside: an image's own bytes to where they are missing, and whole images without a record.
// What cannot be used stays where it lies. Blocking; any thread.
#pragma once

#include <optional>
#include <string>

#include "db/database.h"
#include "server/images/mender.h"
#include "server/ingest/adopter.h"
#include "server/lifecycle/check_run.h"
#include "storage/storage.h"

namespace lightfast::lifecycle {

class Salvage {
 public:
  Salvage(db::Database& database, storage::Storage& storage, images::Mender& mender, ingest::Adopter& adopter,
          Logger& log)
      : database_(database), storage_(storage), mender_(mender), adopter_(adopter), log_(log) {}

  // Everything that lies aside.
  Result<void> run(CheckRun& run, db::Visibility adopt_as);
  // One file. nullopt: of no use.
  Result<std::optional<Repair>> take(storage::Aside where, const std::string& name, db::Visibility adopt_as);

 private:
  Result<void> take_all(CheckRun& run, storage::Aside where, db::Visibility adopt_as);
  Result<std::optional<Repair>> adopt(storage::Aside where, const std::string& name, db::Visibility as);
  Result<std::optional<Repair>> put_back(const db::StoredFile& row, storage::Aside where, const std::string& name);
  Result<bool> is_known_to_be_whole(const db::StoredFile& file);

  db::Database& database_;
  storage::Storage& storage_;
  images::Mender& mender_;
  ingest::Adopter& adopter_;
  Logger& log_;
};

}  // namespace lightfast::lifecycle
