#include "db/sqlite/sqlite_api_keys.h"

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

constexpr std::int64_t most_living_keys = 10'000;  // every server holds them in memory

constexpr std::string_view columns =
    "id, name, secret_hash, user_id, scopes, created_at, expires_at, revoked_at, last_used_at";

ApiKeyRecord read_key(Statement& row) {
  ApiKeyRecord key{.id = row.text(), .name = row.text()};
  const auto hash = Sha256Digest::from_hex(row.text());
  if (!hash) throw SqliteError(Error{Errc::damaged, "key " + key.id + " has an unknown secret_hash"});
  key.secret_hash = *hash;
  if (const std::string user = row.text(); !user.empty()) {
    auto parsed = UserId::parse(user);
    if (!parsed) throw SqliteError(Error{Errc::damaged, "key " + key.id + " has an unknown user_id"});
    key.user = std::move(*parsed);
  }
  key.scopes = row.text();
  key.created_at = row.time();
  key.expires_at = row.optional_time();
  key.revoked_at = row.optional_time();
  key.last_used_at = row.optional_time();
  return key;
}

}  // namespace

Result<std::vector<ApiKeyRecord>> SqliteApiKeys::list() const {
  return guarded([&]() -> Result<std::vector<ApiKeyRecord>> {
    std::vector<ApiKeyRecord> keys;
    Statement row(connection_, "SELECT " + std::string(columns) + " FROM api_keys ORDER BY created_at DESC, id");
    while (row.next_row()) keys.push_back(read_key(row));
    return keys;
  });
}

Result<void> SqliteApiKeys::insert(const ApiKeyRecord& key) {
  return changing(connection_, [&]() -> Result<void> {
    Statement count(connection_, "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL");
    count.next_row();
    if (count.integer() >= most_living_keys) {
      return Error{Errc::conflict, "there are " + std::to_string(most_living_keys) + " keys: revoke some first"};
    }
    Statement row(connection_,
                  "INSERT INTO api_keys (id, name, secret_hash, user_id, scopes, created_at, expires_at) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1",
                  key.id, key.name, key.secret_hash.hex(), key.user, key.scopes, key.created_at, key.expires_at);
    if (!row.next_row()) {
      return Error{Errc::conflict, "there is a key named `" + key.name + "` already: revoke it, or take another name"};
    }
    row.run();
    return {};
  });
}

Result<ApiKeyRecord> SqliteApiKeys::revoke(const std::string& name_or_id, Timestamp now) {
  return changing(connection_, [&]() -> Result<ApiKeyRecord> {
    Statement row(connection_,
                  "UPDATE api_keys SET revoked_at = ? WHERE revoked_at IS NULL AND id = coalesce("
                  "(SELECT id FROM api_keys WHERE name = ? AND revoked_at IS NULL), ?) RETURNING " +
                      std::string(columns),
                  now, name_or_id, name_or_id);
    if (!row.next_row()) {
      return Error{Errc::not_found, "there is no key `" + name_or_id + "` that could be revoked"};
    }
    ApiKeyRecord key = read_key(row);
    row.run();
    return key;
  });
}

Result<void> SqliteApiKeys::record_uses(const std::vector<ApiKeyUse>& uses) {
  return changing(connection_, [&]() -> Result<void> {
    Statement row(connection_, "UPDATE api_keys SET last_used_at = ? WHERE id = ?");
    for (const auto& use : uses) row.bind(use.last, use.id).run();
    return {};
  });
}

}  // namespace lightfast::db::sqlite
