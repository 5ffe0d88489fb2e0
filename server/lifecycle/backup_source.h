// The files that belong to one copy of the database: gone through in order of their names, and each read whole and
// proven to be the one that was stored. One thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "base/file_system.h"
#include "db/database.h"
#include "storage/storage.h"

namespace lightfast::lifecycle {

class BackupSource {
 public:
  BackupSource(db::Database& copy, storage::Storage& storage, FileSystem& files)
      : copy_(copy), storage_(storage), files_(files) {}

  using Visit = std::function<Result<void>(const db::StoredFile&)>;
  // Ends with the first error, or with Errc::internal when asked to stop. By several threads: in no order.
  Result<void> each(const std::stop_token& stop, const Visit& visit, unsigned threads = 1) const;

  using Take = std::function<Result<void>(std::span<const std::byte>)>;
  // What kept a file from being taken: it is not what was stored, or whoever takes it failed.
  struct Failure {
    bool is_lost = false;
    Error error;
  };
  // Gives the bytes to `take`, piece by piece. Only after it returned without an error are they known to be the ones
  // that were stored.
  std::optional<Failure> read(const db::StoredFile& file, const Take& take) const;

  std::optional<Failure> prove(const db::StoredFile& file) const;  // the same, for nobody

 private:
  static Result<void> visit_page(const db::StoredFiles::Files& page, const std::stop_token& stop, const Visit& visit,
                                 unsigned threads);

  db::Database& copy_;
  storage::Storage& storage_;
  FileSystem& files_;
};

}  // namespace lightfast::lifecycle
