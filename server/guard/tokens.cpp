#include "server/guard/tokens.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/encoding.h"

namespace lightfast::guard {
namespace {

using std::chrono::seconds;

constexpr std::string_view purpose = "lightfast token 1";
constexpr std::string_view prefix = "lft_";

Error invalid() {
  return {Errc::unauthorized, "this token is not valid"};
}

// "<key id> <scopes> <unix seconds> <user>": no part but the last could hold a blank, and no user does.
struct Claims {
  std::string key_id;
  Scopes scopes;
  Timestamp expires_at{};
  UserId user;
};

std::string to_text(const Claims& claims) {
  const auto exp = claims.expires_at.time_since_epoch() / seconds(1);
  return claims.key_id + " " + claims.scopes.str() + " " + std::to_string(exp) + " " + claims.user.str();
}

Result<Claims> parse_claims(std::string_view text) {
  std::string_view parts[3];
  for (auto& part : parts) {
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) return invalid();
    part = text.substr(0, blank);
    text.remove_prefix(blank + 1);
  }
  std::int64_t exp = 0;
  const auto [end, problem] = std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), exp);
  auto scopes = Scopes::parse(parts[1]);
  auto user = UserId::parse(text);
  if (problem != std::errc() || end != parts[2].data() + parts[2].size() || !scopes || !user) return invalid();
  return Claims{std::string(parts[0]), *scopes, Timestamp(seconds(exp)), std::move(*user)};
}

std::string signature_of(const std::string& key, std::string_view claims) {
  return to_base64url(hmac_sha256(key, claims));
}

std::optional<Timestamp> earlier(Timestamp time, const std::optional<Timestamp>& other) {
  return other ? std::min(time, *other) : time;
}

}  // namespace

Tokens::Tokens(const std::vector<std::string>& signing_keys, const KeyRing& keys) : keys_(keys) {
  for (const auto& key : signing_keys) signing_keys_.push_back(hmac_sha256(key, purpose));
}

Result<Token> Tokens::make(const Caller& maker, const UserId& user, const Scopes& scopes, Timestamp expires_at) const {
  if (maker.is_token) return Error{Errc::forbidden, "a token cannot make tokens: use the key it was made from"};
  if (auto allowed = require_user(maker, user); !allowed) return allowed.error();
  if (scopes.admin || !maker.scopes.covers(scopes)) {
    return Error{Errc::forbidden, "a token may read and write, as far as the key may that makes it"};
  }
  expires_at = std::chrono::floor<seconds>(*earlier(expires_at, maker.expires_at));
  const std::string claims = to_base64url(to_text({maker.key_id, scopes, expires_at, user}));
  return Token{std::string(prefix) + claims + "." + signature_of(signing_keys_.at(0), claims), expires_at};
}

Result<Caller> Tokens::read(std::string_view text, Timestamp now) const {
  const auto dot = text.find('.');
  if (!looks_like_one(text) || dot == std::string_view::npos) return invalid();
  const std::string_view encoded = text.substr(prefix.size(), dot - prefix.size());
  bool fits = false;
  for (const auto& key : signing_keys_)
    fits = equal_constant_time(signature_of(key, encoded), text.substr(dot + 1)) || fits;
  const auto decoded = from_base64(encoded);
  if (!fits || !decoded) return invalid();
  auto claims = parse_claims(*decoded);
  if (!claims) return claims.error();
  if (now >= claims->expires_at) return Error{Errc::unauthorized, "this token has expired"};
  auto maker = keys_.find_by_id(claims->key_id, now);
  if (!maker) return Error{Errc::unauthorized, "the key that this token was made from is gone"};
  Caller caller = std::move(*maker);
  caller.scopes = claims->scopes;
  caller.user = std::move(claims->user);
  caller.expires_at = earlier(claims->expires_at, caller.expires_at);
  caller.is_token = true;
  return caller;
}

bool Tokens::looks_like_one(std::string_view text) {
  return text.starts_with(prefix);
}

}  // namespace lightfast::guard
