#include "server/guard/token_buckets.h"

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "base/id.h"

namespace lightfast::guard {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

std::uint64_t random_number() {
  std::uint64_t number = 0;
  std::memcpy(&number, random_bytes(sizeof number).data(), sizeof number);
  return number;
}

// One to one, and each bit of the result depends on all of `x` (the finalizer of SplitMix64).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

Subject Subject::of(const IpAddress& address) {
  if (address.is_v4()) return {0, address.v4_bits()};
  Subject subject{0, 1ull << 32};  // no IPv4 address
  for (std::size_t i = 0; i < 8; ++i) subject.high = subject.high << 8 | address.bytes[i];
  return subject;
}

Subject Subject::of(std::string_view name) {
  const auto digest = sha256(name);
  Subject subject;
  std::memcpy(&subject.high, digest.bytes.data(), sizeof subject.high);
  std::memcpy(&subject.low, digest.bytes.data() + sizeof subject.high, sizeof subject.low);
  return subject;
}

TokenBuckets::TokenBuckets(const Rate& rate, const Clock& clock)
    : clock_(clock),
      count_(rate.count),
      per_token_(nanoseconds(rate.period) / rate.count),
      seed_{random_number(), random_number()},
      sets_(most / ways) {}

Taken TokenBuckets::take(const Subject& subject) {
  const auto tag = tag_of(subject);
  const nanoseconds now = clock_.steady_now().time_since_epoch();
  const nanoseconds whole = per_token_ * count_;
  const std::lock_guard lock(mutexes_[tag % mutexes_.size()]);
  Bucket& bucket = bucket_of(tag);
  const auto missing = std::max(bucket.full_at - now, nanoseconds(0));  // of a full bucket, in the time that fills it
  const bool is_allowed = missing + per_token_ <= whole;
  const auto missing_now = is_allowed ? missing + per_token_ : missing;
  bucket.full_at = now + missing_now;
  return {.is_allowed = is_allowed,
          .limit = count_,
          .remaining = static_cast<std::uint32_t>((whole - missing_now) / per_token_),
          .full_in = std::chrono::ceil<seconds>(missing_now),
          .retry_in = std::chrono::ceil<seconds>(is_allowed ? nanoseconds(0) : missing + per_token_ - whole)};
}

std::uint64_t TokenBuckets::tag_of(const Subject& subject) const {
  return mix(mix(subject.high ^ seed_[0]) ^ subject.low ^ seed_[1]);
}

TokenBuckets::Bucket& TokenBuckets::bucket_of(std::uint64_t tag) {
  Set& set = sets_[tag % sets_.size()];
  const auto known = std::find_if(set.begin(), set.end(), [tag](const Bucket& bucket) { return bucket.tag == tag; });
  if (known != set.end()) return *known;
  const auto fullest =
      std::min_element(set.begin(), set.end(), [](const Bucket& a, const Bucket& b) { return a.full_at < b.full_at; });
  *fullest = {.tag = tag};
  return *fullest;
}

}  // namespace lightfast::guard
