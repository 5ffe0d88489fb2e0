#include "server/guard/api_key_guard.h"

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

Result<std::optional<Caller>> ApiKeyGuard::identify(const http::Request& request) const {
  const std::string* header = request.headers.find("Authorization");
  if (header == nullptr) return std::optional<Caller>();
  const auto token = bearer_token(*header);
  if (!token) return Error{Errc::unauthorized, "the Authorization header is not of the form `Bearer KEY`"};
  auto caller = holder_of(*token);
  if (!caller) return caller.error();
  return std::optional<Caller>(std::move(*caller));
}

Result<Caller> ApiKeyGuard::holder_of(std::string_view key) const {
  const Timestamp now = clock_.now();
  return Tokens::looks_like_one(key) ? tokens_.read(key, now) : keys_.find(key, now);
}

Result<Caller> ApiKeyGuard::require(const http::Request& request, Scope scope) const {
  auto caller = identify(request);
  if (!caller) return caller.error();
  if (!*caller) return Error{Errc::unauthorized, "this needs a key: `Authorization: Bearer KEY`"};
  if (!(*caller)->may(scope)) return Error{Errc::forbidden, "this key's scope does not allow that"};
  return std::move(**caller);
}

}  // namespace lightfast::guard
