// The keys that administrators make, list and revoke: rows in the database, and in the same moment in the ring that
// requests are checked against. Any thread; it must outlive its coroutines.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"
#include "server/guard/caller.h"
#include "server/guard/key_ring.h"

namespace lightfast::guard {

struct NewKey {
  std::string name;
  std::optional<UserId> user;  // absent: it works for every user
  Scopes scopes;
  std::optional<std::chrono::days> expires_in;
};

struct MadeKey {
  std::string key;  // told this once
  db::ApiKeyRecord record;
};

class ApiKeys {
 public:
  ApiKeys(db::Database& database, Workers& readers, KeyRing& ring, const Clock& clock, Logger& log);

  // Puts the keys of the database into the ring. Blocks; before the first request.
  Result<void> load();

  // Errc::invalid_request for a name that is not allowed or a key that could do what it must not; Errc::conflict for a
  // name that is taken.
  Task<Result<MadeKey>> create(NewKey wanted);
  Task<Result<std::vector<db::ApiKeyRecord>>> list();
  // From when this returns, no request gets in with it. Errc::not_found.
  Task<Result<db::ApiKeyRecord>> revoke(std::string name_or_id);

  // Writes when keys were last used.
  Task<void> flush_uses();

 private:
  db::Database& database_;
  Workers& readers_;
  KeyRing& ring_;
  const Clock& clock_;
  Logger& log_;
};

// Whether a request could get in with this key.
bool is_living(const db::ApiKeyRecord& key, Timestamp now);

}  // namespace lightfast::guard
