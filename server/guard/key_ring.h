// The keys there are, in memory, so that no request waits for the database: those of API_KEYS and those that
// administrators made. Keys are held as SHA-256 digests, never in plain. Any thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "db/api_keys.h"
#include "server/guard/caller.h"

namespace lightfast::guard {

class KeyRing {
 public:
  explicit KeyRing(const std::vector<std::string>& full_keys);  // may do everything, for everyone, for ever

  void add(const db::ApiKeyRecord& key);  // nothing where it was removed before: a removal is final
  void remove(const std::string& id);

  // Whose key this is. Errc::unauthorized: nobody's, or its time is over.
  Result<Caller> find(std::string_view key, Timestamp now) const;
  // The same by its id, for what was made with the key.
  Result<Caller> find_by_id(const std::string& id, Timestamp now) const;

  // When keys were last used, as far as it was not taken before.
  std::vector<db::ApiKeyUse> take_uses();

 private:
  struct Entry {
    Sha256Digest secret_hash;
    Caller caller;
    std::atomic<Timestamp> last_use{Timestamp{}};  // the epoch: not since it was last taken
  };

  void insert(const Sha256Digest& secret_hash, Caller caller);
  std::shared_ptr<Entry> entry_of(const std::string& id) const;
  static Result<Caller> admit(Entry& entry, Timestamp now);

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_;  // by id
  std::unordered_set<std::string> removed_;
};

// Names a key by its digest: 16 hexadecimal digits.
std::string key_id_of(const Sha256Digest& secret_hash);

// A new random key: "lf_" and 43 characters (256 bits).
std::string make_api_key();

}  // namespace lightfast::guard
