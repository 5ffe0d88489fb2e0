// Which URLs became which images (table source_urls), and in what order. Runs within the transaction that changes the
// images, or reads them, on its connection's thread.
#pragma once

#include <optional>
#include <string>

#include "db/records.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

class SourceUrls {
 public:
  explicit SourceUrls(Connection& connection) : connection_(connection) {}

  void remember(const ImageSource& source, const ImageRecord& image);  // with the image's last change
  void forget(const ImageId& image);

  // As Images::find_by_source, find_public_by_source and find_by_source_path have it.
  std::optional<ImageId> find_last(const std::optional<UserId>& user, const std::string& url) const;
  std::optional<ImageId> find_first_public(const std::optional<UserId>& user, const std::string& url) const;
  std::optional<ImageId> find_by_path(const std::optional<UserId>& user, const std::string& before_query) const;

 private:
  std::optional<UserId> first_owner_of(const std::string& url) const;

  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
