#include "server/images/url_signer.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/encoding.h"

namespace lightfast::images {
namespace {

using std::chrono::seconds;

constexpr std::string_view sig_mark = "&sig=", exp_mark = "exp=";

Error invalid() {
  return {Errc::signature_invalid, "this URL's signature does not fit: it must be used exactly as it was handed out"};
}

std::string signature_of(const std::string& key, std::string_view text) {
  return to_base64url(hmac_sha256(key, text));
}

// The time at the end of "…?exp=1764324000" or "…&exp=1764324000", written as sign() writes it.
std::optional<seconds> expiry_of(std::string_view text) {
  const auto mark = text.rfind(exp_mark);
  if (mark == std::string_view::npos || mark == 0 || (text[mark - 1] != '?' && text[mark - 1] != '&'))
    return std::nullopt;
  text.remove_prefix(mark + exp_mark.size());
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || text.size() > 11 || value < 0) return std::nullopt;
  return seconds(value);
}

}  // namespace

UrlSigner::UrlSigner(const std::vector<std::string>& keys, std::string_view purpose) {
  for (const auto& key : keys) keys_.push_back(hmac_sha256(key, purpose));
}

std::string UrlSigner::sign(std::string_view target, Timestamp expires_at) const {
  const auto exp = std::chrono::floor<seconds>(expires_at).time_since_epoch().count();
  std::string text(target);
  text += target.find('?') == std::string_view::npos ? '?' : '&';
  text += std::string(exp_mark) + std::to_string(exp);
  return text + std::string(sig_mark) + signature_of(keys_.at(0), text);
}

Result<Timestamp> UrlSigner::verify(std::string_view target, Timestamp now) const {
  const auto mark = target.rfind(sig_mark);
  if (mark == std::string_view::npos) return invalid();
  const std::string_view text = target.substr(0, mark), signature = target.substr(mark + sig_mark.size());
  bool fits = false;
  for (const auto& key : keys_) fits = equal_constant_time(signature_of(key, text), signature) || fits;
  const auto exp = expiry_of(text);
  if (!fits || !exp) return invalid();
  const Timestamp expires_at{*exp};
  if (now >= expires_at) return Error{Errc::signature_expired, "this URL's time is over; ask for a new one"};
  return expires_at;
}

Timestamp rounded_expiry(Timestamp now, seconds lifetime) {
  // Divisors of a day, so that buckets do not depend on when they are counted from.
  constexpr std::int64_t buckets[] = {1, 5, 15, 60, 300, 900, 3'600, 10'800, 21'600, 43'200, 86'400};
  const auto* bucket = std::upper_bound(std::begin(buckets) + 1, std::end(buckets), lifetime.count() / 4) - 1;
  const auto end = std::chrono::ceil<seconds>(now + lifetime).time_since_epoch().count();
  return Timestamp(seconds((end + *bucket - 1) / *bucket * *bucket));
}

}  // namespace lightfast::images
