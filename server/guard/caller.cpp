#include "server/guard/caller.h"

namespace lightfast::guard {

bool Scopes::may(Scope scope) const {
  switch (scope) {
    case Scope::read: return read;
    case Scope::write: return write;
    case Scope::admin: return admin;
  }
  return false;
}

bool Scopes::covers(const Scopes& others) const {
  return (read || !others.read) && (write || !others.write) && (admin || !others.admin);
}

std::string Scopes::str() const {
  std::string text;
  for (const auto& [has, word] : {std::pair{read, "read"}, {write, "write"}, {admin, "admin"}}) {
    if (has) text += (text.empty() ? "" : ",") + std::string(word);
  }
  return text;
}

Result<Scopes> Scopes::parse(std::string_view text) {
  Scopes scopes;
  while (true) {
    const auto comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    if (word == "read")
      scopes.read = true;
    else if (word == "write")
      scopes.write = true;
    else if (word == "admin")
      scopes.admin = true;
    else
      return Error{Errc::invalid_request, "a scope must be some of read,write,admin, separated by commas"};
    if (comma == std::string_view::npos) return scopes;
    text.remove_prefix(comma + 1);
  }
}

Result<void> require_user(const Caller& caller, const UserId& user) {
  if (caller.may_act_for(user)) return {};
  return Error{Errc::forbidden, "this key works for another user alone"};
}

}  // namespace lightfast::guard
