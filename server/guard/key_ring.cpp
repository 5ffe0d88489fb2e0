#include "server/guard/key_ring.h"

#include <mutex>

#include "base/encoding.h"

namespace lightfast::guard {
namespace {

std::string_view bytes_of(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

Error unknown_key() {
  return {Errc::unauthorized, "this key is not known"};
}

}  // namespace

KeyRing::KeyRing(const std::vector<std::string>& full_keys) {
  for (std::size_t i = 0; i < full_keys.size(); ++i) {
    const Sha256Digest hash = sha256(full_keys[i]);
    insert(hash, {"key-" + std::to_string(i + 1), key_id_of(hash), Scopes::all(), std::nullopt, std::nullopt});
  }
}

void KeyRing::add(const db::ApiKeyRecord& key) {
  auto scopes = Scopes::parse(key.scopes);
  if (!scopes || key.revoked_at) return;
  insert(key.secret_hash, {key.name, key.id, *scopes, key.user, key.expires_at});
}

void KeyRing::insert(const Sha256Digest& secret_hash, Caller caller) {
  const std::string id = caller.key_id;
  auto entry = std::make_shared<Entry>(secret_hash, std::move(caller));
  const std::unique_lock lock(mutex_);
  if (!removed_.contains(id)) entries_.emplace(id, std::move(entry));
}

void KeyRing::remove(const std::string& id) {
  const std::unique_lock lock(mutex_);
  removed_.insert(id);
  entries_.erase(id);
}

std::shared_ptr<KeyRing::Entry> KeyRing::entry_of(const std::string& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second;
}

// Looking up by a part of the digest tells a guesser nothing about the key: it differs in every bit for keys that
// nearly match. The whole digest is compared all the same, and in constant time.
Result<Caller> KeyRing::find(std::string_view key, Timestamp now) const {
  const Sha256Digest hash = sha256(key);
  const auto entry = entry_of(key_id_of(hash));
  if (!entry || !equal_constant_time(bytes_of(entry->secret_hash), bytes_of(hash))) return unknown_key();
  return admit(*entry, now);
}

Result<Caller> KeyRing::find_by_id(const std::string& id, Timestamp now) const {
  const auto entry = entry_of(id);
  if (!entry) return unknown_key();
  return admit(*entry, now);
}

Result<Caller> KeyRing::admit(Entry& entry, Timestamp now) {
  if (entry.caller.expires_at && now >= *entry.caller.expires_at) {
    return Error{Errc::unauthorized, "this key has expired"};
  }
  entry.last_use.store(now, std::memory_order_relaxed);
  return entry.caller;
}

std::vector<db::ApiKeyUse> KeyRing::take_uses() {
  std::vector<db::ApiKeyUse> uses;
  const std::shared_lock lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    const Timestamp last = entry->last_use.exchange(Timestamp{}, std::memory_order_relaxed);
    if (last != Timestamp{}) uses.push_back({id, last});
  }
  return uses;
}

std::string key_id_of(const Sha256Digest& secret_hash) {
  return to_hex(bytes_of(secret_hash).substr(0, 8));
}

std::string make_api_key() {
  return "lf_" + to_base64url(random_bytes(32));
}

}  // namespace lightfast::guard
