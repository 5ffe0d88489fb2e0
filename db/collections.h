// Named images seen from above: a user's collections, the names in one, the versions of a name. Reads only; names come
// to be and change with the images themselves (Images). Each call on its session's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "db/records.h"

namespace lightfast::db {

// What lives of a collection; one of which nothing lives is not shown.
struct CollectionSummary {
  std::string collection;
  std::uint64_t names = 0;
  std::uint64_t images = 0;  // every version counts
  Timestamp changed_at{};    // when its newest image was made
};

struct NameSummary {
  std::string name;
  std::uint64_t versions = 0;          // that live
  std::optional<ImageRecord> current;  // absent when the current one was removed
};

// `next` is handed back as `after`, and empty on the last page.
struct CollectionPage {
  std::vector<CollectionSummary> collections;
  std::string next;
};
struct NamePage {
  std::vector<NameSummary> names;
  std::string next;
};

class Collections {
 public:
  virtual ~Collections() = default;

  // In the order of their names, those after `after` (all with ""). Errc::invalid_request for a limit outside 1–1000.
  virtual Result<CollectionPage> collections(const UserId& user, const std::string& after,
                                             std::uint32_t limit) const = 0;
  virtual Result<std::optional<CollectionSummary>> find(const UserId& user, const std::string& collection) const = 0;
  virtual Result<NamePage> names(const UserId& user, const std::string& collection, const std::string& after,
                                 std::uint32_t limit) const = 0;
  virtual Result<std::optional<NameSummary>> find_name(const UserId& user, const ImageName& name) const = 0;
  // The living ones, newest first, those before version `before` (all with 0).
  virtual Result<std::vector<ImageRecord>> versions(const UserId& user, const ImageName& name, std::uint32_t before,
                                                    std::uint32_t limit) const = 0;
};

}  // namespace lightfast::db
