// What must be done once though it may be asked for again: the first answers to requests that carry an
// Idempotency-Key, and the uses of upload tickets. Knows nothing of requests but their hash. Each call on its session's
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace lightfast::db {

// How long one counts; nothing that relies on it may live longer.
inline constexpr std::chrono::hours idempotency_kept_for{24};

struct IdempotencyRecord {
  std::string caller;  // whose key it is; the same key of another caller is another one
  std::string key;
  std::string request_hash;  // of path and body
  std::string job_id;        // what to wait for after a restart; may be empty
  int status = 0;            // of the answer; 0 while it is under way
  std::string response;      // its body
  Timestamp created_at{};
};

class IdempotencyKeys {
 public:
  virtual ~IdempotencyKeys() = default;

  virtual Result<std::optional<IdempotencyRecord>> find(const std::string& caller, const std::string& key) const = 0;

  // False, with nothing changed, where the caller has used the key before; of two at once one gets true.
  virtual Result<bool> insert(const IdempotencyRecord& record) = 0;
  virtual Result<void> finish(const std::string& caller, const std::string& key, int status,
                              const std::string& response) = 0;                        // Errc::not_found
  virtual Result<void> remove(const std::string& caller, const std::string& key) = 0;  // also where it is missing
  // Drops what was made before `time`, finished or not: at most 1,000 a call, so that the writer is not held up.
  // Returns how many; while it is 1,000 there may be more.
  virtual Result<std::uint64_t> forget_before(Timestamp time) = 0;
};

}  // namespace lightfast::db
