// How often each of many may do something: a bucket of tokens each, full at first, that fills evenly. Memory is fixed
// from the start, whoever comes: a newcomer takes the place of the fullest of eight, which mostly is a full one and
// lost nothing; else its owner begins anew. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "server/guard/rate.h"

namespace lightfast::guard {

// Whose bucket it is.
struct Subject {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // An IPv4 address; of IPv6 the /64, which is what one customer has at least.
  static Subject of(const IpAddress& address);
  static Subject of(std::string_view name);
};

struct Taken {
  bool is_allowed = true;
  std::uint32_t limit = 0;
  std::uint32_t remaining = 0;
  std::chrono::seconds full_in{0};   // rounded up
  std::chrono::seconds retry_in{0};  // until there is a token again, rounded up; 0 where it was allowed
};

class TokenBuckets {
 public:
  static constexpr std::size_t most = 65'536;

  TokenBuckets(const Rate& rate, const Clock& clock);

  Taken take(const Subject& subject);  // one token, if there is one

 private:
  // A bucket is the time at which it will be full again: each token taken puts that off by the same while.
  struct Bucket {
    std::uint64_t tag = 0;
    std::chrono::nanoseconds full_at{0};
  };
  static constexpr std::size_t ways = 8;
  using Set = std::array<Bucket, ways>;

  std::uint64_t tag_of(const Subject& subject) const;
  Bucket& bucket_of(std::uint64_t tag);

  const Clock& clock_;
  const std::uint32_t count_;
  const std::chrono::nanoseconds per_token_;
  const std::array<std::uint64_t, 2> seed_;  // nobody outside can tell who shares a set
  std::array<std::mutex, 64> mutexes_;
  std::vector<Set> sets_;
};

}  // namespace lightfast::guard
