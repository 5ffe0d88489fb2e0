#include "server/guard/api_keys.h"

#include <algorithm>

#include "db/access.h"

namespace lightfast::guard {
namespace {

Result<void> check(const NewKey& wanted) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  const std::string& name = wanted.name;
  if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), allowed)) {
    return Error{Errc::invalid_request, "a key's name must have 1 to 64 characters of A-Z a-z 0-9 . _ -"};
  }
  if (wanted.user && wanted.scopes.admin) {
    return Error{Errc::invalid_request, "a key for one user cannot have the scope admin, which is over all users"};
  }
  return {};
}

}  // namespace

ApiKeys::ApiKeys(db::Database& database, Workers& readers, KeyRing& ring, const Clock& clock, Logger& log)
    : database_(database), readers_(readers), ring_(ring), clock_(clock), log_(log) {}

Result<void> ApiKeys::load() {
  auto keys = db::read(database_, [](const db::Session& session) { return session.api_keys().list(); });
  if (!keys) return keys.error();
  for (const auto& key : *keys) ring_.add(key);
  return {};
}

Task<Result<MadeKey>> ApiKeys::create(NewKey wanted) {
  if (auto fine = check(wanted); !fine) co_return fine.error();
  MadeKey made{make_api_key(), {}};
  const Timestamp now = clock_.now();
  db::ApiKeyRecord& record = made.record;
  record.secret_hash = sha256(made.key);
  record.id = key_id_of(record.secret_hash);
  record.name = std::move(wanted.name);
  record.user = std::move(wanted.user);
  record.scopes = wanted.scopes.str();
  record.created_at = now;
  if (wanted.expires_in) record.expires_at = now + *wanted.expires_in;
  auto kept =
      co_await db::commit(database_, [&record](db::Session& session) { return session.api_keys().insert(record); });
  if (!kept) co_return kept.error();
  ring_.add(record);
  log_.info("made a key", {{"key", record.name}, {"scopes", record.scopes}});
  co_return made;
}

Task<Result<std::vector<db::ApiKeyRecord>>> ApiKeys::list() {
  co_await flush_uses();
  auto keys = co_await readers_.run(
      [this] { return db::read(database_, [](const db::Session& session) { return session.api_keys().list(); }); });
  co_return keys;
}

Task<Result<db::ApiKeyRecord>> ApiKeys::revoke(std::string name_or_id) {
  const Timestamp now = clock_.now();
  auto revoked = co_await db::commit(
      database_, [&name_or_id, now](db::Session& session) { return session.api_keys().revoke(name_or_id, now); });
  if (!revoked) co_return revoked.error();
  ring_.remove(revoked->id);
  log_.info("revoked a key", {{"key", revoked->name}});
  co_return revoked;
}

Task<void> ApiKeys::flush_uses() {
  const auto uses = ring_.take_uses();
  if (uses.empty()) co_return;
  auto written =
      co_await db::commit(database_, [&uses](db::Session& session) { return session.api_keys().record_uses(uses); });
  if (!written) log_.warning("uses of keys could not be recorded", {{"reason", explain(written.error())}});
}

bool is_living(const db::ApiKeyRecord& key, Timestamp now) {
  return !key.revoked_at && (!key.expires_at || now < *key.expires_at);
}

}  // namespace lightfast::guard
