// Checks the whole store (lightfast fsck): what the database knows against what is stored, both ways. Names every
// difference; mends them if asked to, without losing anything: what cannot be used is set aside, an image whose bytes
// are lost goes to the trash. Safe to interrupt, and to run beside everything else. Blocking; any thread; one check at
// a time, others wait.
#pragma once

#include <mutex>

#include "base/log.h"
#include "server/lifecycle/row_check.h"
#include "server/lifecycle/salvage.h"
#include "server/lifecycle/stray_finder.h"

namespace lightfast::lifecycle {

class Checker {
 public:
  Checker(db::Database& database, storage::Storage& storage, images::Mender& mender, ingest::Adopter& adopter,
          const ingest::InFlight& in_flight, Logger& log)
      : database_(database),
        storage_(storage),
        mender_(mender),
        rows_(database, storage, mender),
        strays_(storage, database, in_flight),
        salvage_(database, storage, mender, adopter, log),
        log_(log) {}

  // Errc::conflict: a repair is refused, since not one image has a file: the volume is hardly mounted. Another error of
  // the database or the storage ends the check; what was mended until then stays so.
  Result<CheckReport> run(const CheckOptions& options, const CheckListener& listener, Progress& progress,
                          const std::stop_token& stop);

 private:
  Result<void> look(CheckRun& run);    // without touching anything
  Result<void> repair(CheckRun& run);  // looks, and mends
  Result<void> check_database(CheckRun& run);
  Result<void> go_through_strays(CheckRun& run, const StrayFinder::Visit& visit);
  Result<void> report_stray(CheckRun& run, const storage::BlobKey& key);
  Result<void> mend_stray(CheckRun& run, const storage::BlobKey& key, db::Visibility adopt_as);
  Result<void> give_up_lost_images(CheckRun& run);
  Result<void> give_up_if_lost(CheckRun& run, const db::StoredFile& row);
  Result<void> look_for_left_overs(CheckRun& run);
  Result<void> remove_left_overs(CheckRun& run);
  Result<void> count_what_is_left(CheckRun& run);
  Result<db::Visibility> adopted_visibility(const CheckOptions& options);

  db::Database& database_;
  storage::Storage& storage_;
  images::Mender& mender_;
  RowCheck rows_;
  StrayFinder strays_;
  Salvage salvage_;
  Logger& log_;
  std::mutex one_at_a_time_;
};

}  // namespace lightfast::lifecycle
