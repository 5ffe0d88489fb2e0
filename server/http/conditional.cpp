#include "server/http/conditional.h"

#include <algorithm>
#include <optional>
#include <string>

#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

std::chrono::sys_seconds in_seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

struct EntityTag {
  std::string_view opaque;  // with its quotes
  bool weak = false;
};

// Takes one entity-tag (RFC 9110 section 8.8.3) off the front of `rest`; nullopt where there is none.
std::optional<EntityTag> take_entity_tag(std::string_view& rest) {
  const bool weak = rest.starts_with("W/");  // case matters
  const std::size_t open = weak ? 2 : 0;
  if (open >= rest.size() || rest[open] != '"') return std::nullopt;
  const std::size_t close = rest.find('"', open + 1);
  if (close == std::string_view::npos) return std::nullopt;
  const EntityTag tag{rest.substr(open, close + 1 - open), weak};
  for (const char c : tag.opaque) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return std::nullopt;
  }
  rest.remove_prefix(close + 1);
  return tag;
}

enum class Comparison { strong, weak };

// Whether `*` or a listed tag matches. Reading stops at what is no tag: what stood before it counts.
bool any_matches(std::string_view list, std::string_view etag, Comparison comparison) {
  if (trim(list) == "*") return true;
  while (true) {
    list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));  // empty elements count for nothing
    const auto tag = take_entity_tag(list);
    if (!tag) return false;
    // The next thing must be a comma or the end; otherwise this was no list of tags.
    list = trim(list);
    if (!list.empty() && list.front() != ',') return false;
    if (tag->opaque == etag && (comparison == Comparison::weak || !tag->weak)) return true;
  }
}

// The field's date; nullopt where it is absent, given twice or no date: then it is to be ignored (section 13.1.3).
std::optional<std::chrono::sys_seconds> date_of(const Headers& request, std::string_view name) {
  if (!request.find(name)) return std::nullopt;
  const std::string value = request.combined(name);  // twice joins to what is no date
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return in_seconds(*date);
}

bool is_read(Method method) {
  return method == Method::get || method == Method::head;
}

}  // namespace

Precondition evaluate_preconditions(const Headers& request, Method method, const Validators& validators) {
  const auto modified = in_seconds(validators.last_modified);

  if (request.find("If-Match")) {
    if (!any_matches(request.combined("If-Match"), validators.etag, Comparison::strong)) return Precondition::failed;
  } else if (const auto date = date_of(request, "If-Unmodified-Since"); date && modified > *date) {
    return Precondition::failed;
  }

  if (request.find("If-None-Match")) {
    if (any_matches(request.combined("If-None-Match"), validators.etag, Comparison::weak)) {
      return is_read(method) ? Precondition::not_modified : Precondition::failed;
    }
  } else if (is_read(method)) {
    const auto date = date_of(request, "If-Modified-Since");
    if (date && modified <= *date) return Precondition::not_modified;
  }
  return Precondition::proceed;
}

bool range_applies(const Headers& request, const Validators& validators) {
  if (!request.find("If-Range")) return true;
  const std::string value = request.combined("If-Range");
  std::string_view rest = value;
  if (const auto tag = take_entity_tag(rest)) {
    return rest.empty() && !tag->weak && tag->opaque == validators.etag;  // strong comparison
  }
  // The date is strong here: a stored file never changes, so no second version can share its second.
  const auto date = date_of(request, "If-Range");
  return date && *date == in_seconds(validators.last_modified);
}

}  // namespace lightfast::http
