// The keys that administrators make, of which nothing is kept that could be used as one. Knows nothing of requests.
// Each call on its session's thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"

namespace lightfast::db {

struct ApiKeyRecord {
  std::string id;  // names the key without being it
  std::string name;
  Sha256Digest secret_hash;
  std::optional<UserId> user;  // absent: it works for every user
  std::string scopes;          // "read,write"
  Timestamp created_at{};
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> revoked_at;
  std::optional<Timestamp> last_used_at;
};

struct ApiKeyUse {
  std::string id;
  Timestamp last;
};

class ApiKeys {
 public:
  virtual ~ApiKeys() = default;
  virtual Result<std::vector<ApiKeyRecord>> list() const = 0;  // newest first, revoked and expired ones too

  // Errc::conflict: a key that is not revoked has that name.
  virtual Result<void> insert(const ApiKeyRecord& key) = 0;
  // By name or id, the key as it then is. Errc::not_found where none that is not revoked is called so.
  virtual Result<ApiKeyRecord> revoke(const std::string& name_or_id, Timestamp now) = 0;
  virtual Result<void> record_uses(const std::vector<ApiKeyUse>& uses) = 0;  // passes over ids that are missing
};

}  // namespace lightfast::db
