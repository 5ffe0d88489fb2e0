#include "server/proxy/customer.h"

#include <algorithm>
#include <vector>

#include "base/encoding.h"
#include "server/http/http_text.h"

namespace lightfast::proxy {
namespace {

constexpr std::string_view blanks = " \t";

// What stands behind "Bearer ", "Token " or "Key "; the whole where none of them does.
std::string_view credential_in(std::string_view header) {
  const auto blank = header.find_first_of(blanks);
  if (blank == header.npos) return header;
  const auto scheme = header.substr(0, blank);
  for (const std::string_view known : {"Bearer", "Token", "Key"}) {
    if (http::same_name(scheme, known)) return http::trim(header.substr(blank + 1));
  }
  return header;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// One of ours, valid or not: it stays here.
bool looks_like_ours(std::string_view credential) {
  return credential.starts_with("lf_") || guard::Tokens::looks_like_one(credential);
}

// Whether one of ours stands anywhere in it: in a list, with its name, or as a user or password of Basic.
bool holds_ours(std::string_view header, const guard::ApiKeyGuard& guard) {
  const auto is_ours = [&](std::string_view text) { return looks_like_ours(text) || guard.holder_of(text); };
  const auto any_of_ours = [&](std::string_view text, std::string_view separators) {
    const auto parts = split(text, separators);
    return std::any_of(parts.begin(), parts.end(), is_ours);
  };
  for (const std::string_view word : split(header, ", \t")) {
    if (is_ours(word) || any_of_ours(word, ":;=\"")) return true;
    const std::string decoded = from_base64(word).value_or("");
    const auto colon = std::min(decoded.find(':'), decoded.size());
    const bool has_password = colon < decoded.size() && is_ours(std::string_view(decoded).substr(colon + 1));
    if (has_password || any_of_ours(decoded, ":")) return true;
  }
  return false;
}

std::size_t count(const http::Request& request, std::string_view name) {
  const auto& fields = request.headers.all();
  const auto has_name = [name](const auto& field) { return http::same_name(field.first, name); };
  return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), has_name));
}

Error misplaced_key() {
  return {Errc::unauthorized,
          "a Lightfast key stands alone in the one Authorization header (`Bearer KEY`), or in X-Lightfast-Key"};
}

Error no_key() {
  return {Errc::unauthorized,
          "this needs a Lightfast key: as the SDK's API key, or as X-Lightfast-Key beside the provider's own"};
}

Result<void> name_user(const http::Request& request, const std::optional<guard::Caller>& caller, Customer& customer) {
  if (caller && caller->user) customer.user = *caller->user;
  const std::string* given = request.headers.find("X-Lightfast-User");
  if (given == nullptr || given->empty()) return {};
  auto user = UserId::parse(*given);
  if (!user) return user.error();
  customer.user = *user;
  return caller ? guard::require_user(*caller, *user) : Result<void>();
}

}  // namespace

Result<void> require_reach(const Customer& customer, bool is_for_one_user) {
  if (!customer.is_bound || !customer.spends_ours || is_for_one_user) return {};
  return Error{Errc::forbidden,
               "this key works for one user alone, and this call reaches what all users share at the provider"};
}

Result<Customer> CustomerGuard::identify(const http::Request& request) const {
  if (count(request, "Authorization") > 1) return misplaced_key();
  const std::string authorization = request.headers.combined("Authorization");
  const std::string_view credential = credential_in(authorization);
  const std::string* beside = request.headers.find("X-Lightfast-Key");
  std::optional<guard::Caller> caller;
  Customer customer;
  if (beside != nullptr) {
    auto holder = guard_.holder_of(credential_in(*beside));
    if (!holder) return holder.error();
    caller = std::move(*holder);
  }
  auto holder = guard_.holder_of(credential);
  if (!caller && holder) caller = *holder;
  const bool is_theirs = !holder && !credential.empty() && !looks_like_ours(credential);
  if (is_theirs && holds_ours(authorization, guard_)) return misplaced_key();
  if (!caller && looks_like_ours(credential)) return holder.error();
  if (!caller && !is_open_) return no_key();
  if (is_theirs) customer.authorization = authorization;
  customer.spends_ours = caller && !is_theirs;
  if (caller) {
    if (!caller->may(guard::Scope::write)) {
      return Error{Errc::forbidden, "this key's scope does not allow that: it needs `write`"};
    }
    customer.key_name = caller->key_name;
    customer.subject = caller->identity();
    customer.is_bound = caller->user.has_value();
  }
  if (auto named = name_user(request, caller, customer); !named) return named.error();
  return customer;
}

}  // namespace lightfast::proxy
