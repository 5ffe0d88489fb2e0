// Signatures that make one of our own URLs usable for a time, whoever holds it:
//   <path>[?<query>] → <path>?[<query>&]exp=<unix seconds>&sig=<base64url of an HMAC-SHA-256>
// The HMAC is over every byte before "&sig=", so that nothing re-encoded, re-ordered, doubled or added passes; host and
// scheme are left out. Read-only: any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace lightfast::images {

// What URLs are signed for; a signature for one is none for the other.
inline constexpr std::string_view for_reading = "lightfast signed url 1";
inline constexpr std::string_view for_uploading = "lightfast upload url 1";

class UrlSigner {
 public:
  // The first signs, all verify; without any, nothing verifies and sign() throws.
  explicit UrlSigner(const std::vector<std::string>& keys, std::string_view purpose = for_reading);

  // `target`: path and perhaps query, as they stand in the URL; no `exp` or `sig` in it yet.
  std::string sign(std::string_view target, Timestamp expires_at) const;

  // Until when the signature holds that ends `target`. Errc::signature_invalid for any that sign() did not make,
  // Errc::signature_expired for one whose time is over.
  Result<Timestamp> verify(std::string_view target, Timestamp now) const;

 private:
  std::vector<std::string> keys_;  // made from those given, for the one purpose
};

// When what is asked for now, for so long, ends: rounded up to whole buckets of a quarter of the lifetime, a day at
// most. Within one bucket the same request gets the same URL, and caches hit.
Timestamp rounded_expiry(Timestamp now, std::chrono::seconds lifetime);

}  // namespace lightfast::images
