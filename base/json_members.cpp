#include "base/json_members.h"

#include <boost/json.hpp>

namespace lightfast {

namespace json = boost::json;

Error wrong_member(std::string_view name, std::string_view allowed) {
  return {Errc::invalid_request, "`" + std::string(name) + "` must be " + std::string(allowed)};
}

const json::value* find_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code problem;
  json::value value = json::parse(text, problem);
  if (problem) return Error{Errc::invalid_request, "the body is not valid JSON: " + problem.message()};
  if (!value.is_object()) return Error{Errc::invalid_request, "the body must be a JSON object"};
  return std::move(value.as_object());
}

Result<std::optional<std::string>> string_member(const json::object& object, std::string_view name) {
  const json::value* value = find_member(object, name);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return wrong_member(name, "a string");
  return std::optional<std::string>(std::string(value->as_string()));
}

Result<std::optional<std::int64_t>> integer_member(const json::object& object, std::string_view name,
                                                   std::int64_t least, std::int64_t most) {
  const json::value* value = find_member(object, name);
  if (value == nullptr) return std::optional<std::int64_t>();
  boost::system::error_code problem;
  const auto number = value->is_number() ? value->to_number<std::int64_t>(problem) : 0;
  if (!value->is_number() || problem || number < least || number > most) {
    return wrong_member(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return std::optional<std::int64_t>(number);
}

Result<bool> bool_member(const json::object& object, std::string_view name) {
  const json::value* value = find_member(object, name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return wrong_member(name, "true or false");
  return value->as_bool();
}

}  // namespace lightfast
