#include "server/providers/members.h"

namespace lightfast::providers {

namespace json = boost::json;

const json::value& member_of(const json::object& object, std::string_view name) {
  static const json::value absent;
  const json::value* member = object.if_contains(name);
  return member ? *member : absent;
}

const json::object& object_of(const json::object& object, std::string_view name) {
  static const json::object absent;
  const json::value& member = member_of(object, name);
  return member.is_object() ? member.get_object() : absent;
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value& member = member_of(object, name);
  return member.is_string() ? std::string_view(member.get_string()) : std::string_view();
}

}  // namespace lightfast::providers
