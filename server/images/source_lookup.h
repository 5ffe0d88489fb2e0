// From a provider's URL to the image that it became here: for old links in an app's tables. Every URL that was ever
// brought in is known, of outputs whose bytes were here already too, until its image is purged. Any thread; it must
// outlive its coroutines.
#pragma once

#include <optional>
#include <string>

#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"

namespace lightfast::images {

class SourceLookup {
 public:
  SourceLookup(db::Database& database, Workers& readers) : database_(database), readers_(readers) {}

  // Of this user's images, or of everybody's. Byte for byte; where that finds nothing and another signature of the same
  // file is known, that file's image. Errc::not_found: never seen, or removed; Errc::pending: it is being fetched.
  Task<Result<db::ImageRecord>> find(std::optional<UserId> user, std::string url);

 private:
  db::Database& database_;
  Workers& readers_;
};

}  // namespace lightfast::images
