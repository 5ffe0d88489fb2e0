#include "server/proxy/customer.h"

#include "server/http/http_text.h"

namespace lightfast::proxy {
namespace {

// What stands behind "Bearer ", "Token " or "Key "; the whole where none of them does.
std::string_view credential_in(std::string_view header) {
  const auto blank = header.find(' ');
  if (blank == header.npos) return header;
  const auto scheme = header.substr(0, blank);
  for (const std::string_view known : {"Bearer", "Token", "Key"}) {
    if (http::same_name(scheme, known)) return http::trim(header.substr(blank + 1));
  }
  return header;
}

// One of ours, valid or not: it stays here.
bool looks_like_ours(std::string_view credential) {
  return credential.starts_with("lf_") || guard::Tokens::looks_like_one(credential);
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
  if (!caller && (!is_open_ || looks_like_ours(credential))) return credential.empty() ? no_key() : holder.error();
  const bool is_theirs = !holder && !credential.empty() && !looks_like_ours(credential);
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
