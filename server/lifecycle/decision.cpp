#include "server/lifecycle/decision.h"

namespace lightfast::lifecycle {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::trash: return "trash";
    case Reason::ttl: return "ttl";
    case Reason::version: return "version";
    case Reason::user_limit: return "user_limit";
    case Reason::space: return "space";
  }
  return "";
}

}  // namespace lightfast::lifecycle
