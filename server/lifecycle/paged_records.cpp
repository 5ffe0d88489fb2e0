#include "server/lifecycle/paged_records.h"

#include "db/access.h"

namespace lightfast::lifecycle {

using db::RetentionQuery;
using db::Session;
using Images = PagedRecords::Images;

Result<Images> PagedRecords::trash(const RetentionQuery& query, Timestamp before) const {
  return db::read(database_, [&](const Session& session) { return session.retention().trash(query, before); });
}

Result<Images> PagedRecords::aged(const RetentionQuery& query, Timestamp before) const {
  return db::read(database_, [&](const Session& session) { return session.retention().aged(query, before); });
}

Result<Images> PagedRecords::expired(const RetentionQuery& query, Timestamp now) const {
  return db::read(database_, [&](const Session& session) { return session.retention().expired(query, now); });
}

Result<Images> PagedRecords::surplus_versions(const RetentionQuery& query, std::uint32_t kept) const {
  return db::read(database_, [&](const Session& session) { return session.retention().surplus_versions(query, kept); });
}

Result<Images> PagedRecords::old_versions(const RetentionQuery& query) const {
  return db::read(database_, [&](const Session& session) { return session.retention().old_versions(query); });
}

Result<Images> PagedRecords::least_recently_accessed(const RetentionQuery& query, Timestamp made_before) const {
  return db::read(database_, [&](const Session& session) {
    return session.retention().least_recently_accessed(query, made_before);
  });
}

Result<Images> PagedRecords::purging(const RetentionQuery& query) const {
  return db::read(database_, [&](const Session& session) { return session.retention().purging(query); });
}

Result<std::vector<std::pair<UserId, db::UserTotals>>> PagedRecords::over_limits(const db::UserLimits& defaults,
                                                                                 const std::optional<UserId>& after,
                                                                                 std::uint32_t limit) const {
  return db::read(database_,
                  [&](const Session& session) { return session.retention().over_limits(defaults, after, limit); });
}

Result<std::optional<Timestamp>> PagedRecords::newest_time() const {
  return db::read(database_, [](const Session& session) { return session.retention().newest_time(); });
}

Result<db::CollectionPage> PagedRecords::collections(const UserId& user, const std::string& after,
                                                     std::uint32_t limit) const {
  return db::read(database_,
                  [&](const Session& session) { return session.collections().collections(user, after, limit); });
}

Result<std::optional<db::CollectionSummary>> PagedRecords::find(const UserId& user,
                                                                const std::string& collection) const {
  return db::read(database_, [&](const Session& session) { return session.collections().find(user, collection); });
}

Result<db::NamePage> PagedRecords::names(const UserId& user, const std::string& collection, const std::string& after,
                                         std::uint32_t limit) const {
  return db::read(database_,
                  [&](const Session& session) { return session.collections().names(user, collection, after, limit); });
}

Result<std::optional<db::NameSummary>> PagedRecords::find_name(const UserId& user, const db::ImageName& name) const {
  return db::read(database_, [&](const Session& session) { return session.collections().find_name(user, name); });
}

Result<std::vector<db::ImageRecord>> PagedRecords::versions(const UserId& user, const db::ImageName& name,
                                                            std::uint32_t before, std::uint32_t limit) const {
  return db::read(database_,
                  [&](const Session& session) { return session.collections().versions(user, name, before, limit); });
}

}  // namespace lightfast::lifecycle
