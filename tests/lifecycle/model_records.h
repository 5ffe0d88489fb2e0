// Records in a vector, with the lists that retention looks at written down as plainly as can be. One thread.
#pragma once

#include <map>
#include <vector>

#include "db/collections.h"
#include "db/retention.h"

namespace lightfast::test {

class ModelRecords final : public db::Retention, public db::Collections {
 public:
  using Images = db::Retention::Images;

  std::vector<db::ImageRecord> records;
  std::map<UserId, db::UserLimits> own_limits;  // 0: none, whatever the configuration says

  db::UserTotals totals(const UserId& user) const;
  std::uint64_t stored_bytes() const;

  Result<Images> trash(const db::RetentionQuery& query, Timestamp before) const override;
  Result<Images> aged(const db::RetentionQuery& query, Timestamp before) const override;
  Result<Images> expired(const db::RetentionQuery& query, Timestamp now) const override;
  Result<Images> surplus_versions(const db::RetentionQuery& query, std::uint32_t kept) const override;
  Result<Images> old_versions(const db::RetentionQuery& query) const override;
  Result<Images> least_recently_accessed(const db::RetentionQuery& query, Timestamp made_before) const override;
  Result<Images> purging(const db::RetentionQuery&) const override { return Images(); }
  Result<std::vector<std::pair<UserId, db::UserTotals>>> over_limits(const db::UserLimits& defaults,
                                                                     const std::optional<UserId>& after,
                                                                     std::uint32_t limit) const override;
  Result<std::optional<Timestamp>> newest_time() const override { return std::optional<Timestamp>(); }

  Result<db::CollectionPage> collections(const UserId&, const std::string&, std::uint32_t) const override {
    return db::CollectionPage();
  }
  Result<std::optional<db::CollectionSummary>> find(const UserId&, const std::string&) const override {
    return std::optional<db::CollectionSummary>();
  }
  Result<db::NamePage> names(const UserId&, const std::string&, const std::string&, std::uint32_t) const override {
    return db::NamePage();
  }
  Result<std::optional<db::NameSummary>> find_name(const UserId&, const db::ImageName&) const override {
    return std::optional<db::NameSummary>();
  }
  Result<std::vector<db::ImageRecord>> versions(const UserId& user, const db::ImageName& name, std::uint32_t before,
                                                std::uint32_t limit) const override;

 private:
  using Key = std::tuple<std::string, Timestamp, std::string>;  // what a list is in the order of
  template <class Wanted, class Order>
  Images page(const db::RetentionQuery& query, Wanted wanted, Order order) const;
};

}  // namespace lightfast::test
