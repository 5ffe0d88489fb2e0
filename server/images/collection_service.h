// A user's named images as the API shows and turns them: collections, their names, a name's versions, and which of
// those is current. Knows nothing of HTTP, and gets slugs. Any thread; it must outlive its coroutines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"

namespace lightfast::images {

// A part of a list: what comes after `after`, which is the `next` of the page before; "" begins it.
struct PageWanted {
  std::string after;
  std::uint32_t limit = 1'000;  // 1–1000
};

struct VersionPage {
  std::vector<db::ImageRecord> versions;  // newest first
  std::string next;                       // empty on the last page
};

class CollectionService {
 public:
  CollectionService(db::Database& database, Workers& readers, Logger& log);

  // Errc::not_found where nothing lives under that collection or name. A user without any has none: no error.
  Task<Result<db::CollectionPage>> collections(UserId user, PageWanted page);
  Task<Result<db::NamePage>> names(UserId user, std::string collection, PageWanted page);
  Task<Result<db::NameSummary>> name(UserId user, db::ImageName name);
  // Errc::invalid_request for an `after` that no page gave.
  Task<Result<VersionPage>> versions(UserId user, db::ImageName name, PageWanted page);

  // What the named URL leads to from here on. Errc::not_found for a version that never was, or that was removed.
  Task<Result<db::ImageRecord>> set_current(UserId user, db::ImageName name, std::uint32_t version);

 private:
  template <class Fn>
  Task<std::invoke_result_t<Fn&, const db::Session&>> read(Fn fn);

  db::Database& database_;
  Workers& readers_;
  Logger& log_;
};

}  // namespace lightfast::images
