// The lists that retention looks at, each page read in a view of its own, so that a long plan holds no view open: an
// open view keeps the write-ahead log from shrinking. Any thread.
#pragma once

#include "db/database.h"

namespace lightfast::lifecycle {

class PagedRecords final : public db::Retention, public db::Collections {
 public:
  explicit PagedRecords(db::Database& database) : database_(database) {}

  using Images = db::Retention::Images;
  Result<Images> trash(const db::RetentionQuery& query, Timestamp before) const override;
  Result<Images> aged(const db::RetentionQuery& query, Timestamp before) const override;
  Result<Images> expired(const db::RetentionQuery& query, Timestamp now) const override;
  Result<Images> surplus_versions(const db::RetentionQuery& query, std::uint32_t kept) const override;
  Result<Images> old_versions(const db::RetentionQuery& query) const override;
  Result<Images> least_recently_accessed(const db::RetentionQuery& query, Timestamp made_before) const override;
  Result<Images> purging(const db::RetentionQuery& query) const override;
  Result<std::vector<std::pair<UserId, db::UserTotals>>> over_limits(const db::UserLimits& defaults,
                                                                     const std::optional<UserId>& after,
                                                                     std::uint32_t limit) const override;
  Result<std::optional<Timestamp>> newest_time() const override;

  Result<db::CollectionPage> collections(const UserId& user, const std::string& after,
                                         std::uint32_t limit) const override;
  Result<std::optional<db::CollectionSummary>> find(const UserId& user, const std::string& collection) const override;
  Result<db::NamePage> names(const UserId& user, const std::string& collection, const std::string& after,
                             std::uint32_t limit) const override;
  Result<std::optional<db::NameSummary>> find_name(const UserId& user, const db::ImageName& name) const override;
  Result<std::vector<db::ImageRecord>> versions(const UserId& user, const db::ImageName& name, std::uint32_t before,
                                                std::uint32_t limit) const override;

 private:
  db::Database& database_;
};

}  // namespace lightfast::lifecycle
