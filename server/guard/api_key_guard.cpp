#include "server/guard/api_key_guard.h"

#include "base/encoding.h"

namespace lightfast::guard {
namespace {

// The scheme compares without case (RFC 9110 section 11.1).
std::optional<std::string_view> bearer_token(std::string_view header) {
  constexpr std::string_view scheme = "bearer ";
  if (header.size() <= scheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = header[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != scheme[i]) return std::nullopt;
  }
  const auto token = header.substr(scheme.size());
  const auto first = token.find_first_not_of(' ');
  if (first == std::string_view::npos) return std::nullopt;
  return token.substr(first);
}

}  // namespace

bool Caller::may(Scope scope) const {
  switch (scope) {
    case Scope::read: return can_read;
    case Scope::write: return can_write;
    case Scope::admin: return can_admin;
  }
  return false;
}

ApiKeyGuard::ApiKeyGuard(const std::vector<std::string>& full_keys) {
  for (std::size_t i = 0; i < full_keys.size(); ++i) {
    const Sha256Digest digest = sha256(full_keys[i]);
    callers_.emplace(
        digest, Caller{"key-" + std::to_string(i + 1), digest.hex().substr(0, 16), true, true, true, std::nullopt});
  }
}

Result<std::optional<Caller>> ApiKeyGuard::identify(const http::Request& request) const {
  const std::string* header = request.headers.find("Authorization");
  if (header == nullptr) return std::optional<Caller>();
  const auto token = bearer_token(*header);
  if (!token) return Error{Errc::unauthorized, "the Authorization header is not of the form `Bearer KEY`"};
  // Looking a digest up tells a guesser nothing about the key: it differs in every bit for keys that nearly match.
  const auto found = callers_.find(sha256(*token));
  if (found == callers_.end()) return Error{Errc::unauthorized, "this key is not known"};
  return std::optional<Caller>(found->second);
}

Result<Caller> ApiKeyGuard::require(const http::Request& request, Scope scope) const {
  auto caller = identify(request);
  if (!caller) return caller.error();
  if (!*caller) return Error{Errc::unauthorized, "this needs a key: `Authorization: Bearer KEY`"};
  if (!(*caller)->may(scope)) return Error{Errc::forbidden, "this key's scope does not allow that"};
  return std::move(**caller);
}

Result<void> require_user(const Caller& caller, const UserId& user) {
  if (caller.may_act_for(user)) return {};
  return Error{Errc::forbidden, "this key works for another user alone"};
}

std::string make_api_key() {
  return "lf_" + to_base64url(random_bytes(32));
}

}  // namespace lightfast::guard
