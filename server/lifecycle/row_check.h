// Compares every image's row with its file, a page of rows at a time. Names what differs, and marks the images whose
// files are wrong, so that they are not served; moves nothing. Blocking; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "server/images/mender.h"
#include "server/lifecycle/check_run.h"
#include "storage/storage.h"

namespace lightfast::lifecycle {

class RowCheck {
 public:
  RowCheck(db::Database& database, storage::Storage& storage, images::Mender& mender)
      : database_(database), storage_(storage), mender_(mender) {}

  // No false alarm beside uploads, removals and repairs. With `repair` those whose files are missing are marked too.
  Result<void> run(CheckRun& run);

  // False where there are images enough and not one of them has a file: then the files lie elsewhere.
  Result<bool> finds_any_file();

 private:
  struct Page {
    std::vector<images::Mender::WholeFile> whole;  // read and found right
    std::vector<ImageId> wrong;
  };
  struct Fault {
    Problem problem;
    std::string detail = {};
    storage::BlobStamp seen = {};  // of the file that it was found in
  };
  using Look = Result<std::optional<Fault>>;
  Result<void> check(CheckRun& run, const db::StoredFile& file, Page& page);
  Look look(CheckRun& run, const db::StoredFile& file, Page& page);
  Look read(CheckRun& run, const db::StoredFile& file, Page& page);
  Look without_file(const db::StoredFile& file);
  Result<bool> still_stands(const ImageId& id, const Fault& fault);
  Result<db::StoredFiles::Files> rows_after(const std::optional<db::StoredFile>& last);

  db::Database& database_;
  storage::Storage& storage_;
  images::Mender& mender_;
};

}  // namespace lightfast::lifecycle
