#include "tests/support/json_schemas.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <regex>
#include <stdexcept>

namespace lightfast::test {
namespace {

namespace json = boost::json;

const std::set<std::string> annotations{"description", "examples", "default", "format"};
const std::set<std::string> known_types{"null", "boolean", "integer", "number", "string", "array", "object"};

bool is_of_type(const json::value& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  return value.is_object();
}

std::vector<std::string> types_of(const json::value& type) {
  if (type.is_string()) return {std::string(type.as_string())};
  std::vector<std::string> types;
  for (const auto& each : type.as_array()) types.emplace_back(each.as_string());
  return types;
}

bool matches(const std::string& pattern, const std::string& text) {
  static std::map<std::string, std::regex> known;
  const auto found = known.try_emplace(pattern, pattern).first;
  return std::regex_search(text, found->second);
}

std::string brief(const json::value& value) {
  return json::serialize(value).substr(0, 120);
}

}  // namespace

// One value against one schema; what it finds goes to `complaints`.
struct JsonSchemas::Check {
  const JsonSchemas& schemas;
  Complaints& complaints;

  void fail(const std::string& place, const std::string& what) { complaints.push_back(place + ": " + what); }

  Complaints try_out(const json::value& schema, const json::value& value, const std::string& place, Members members) {
    Complaints found;
    Check{schemas, found}.run(schema, value, place, members);
    return found;
  }

  void run(const json::value& schema_value, const json::value& value, const std::string& place, Members members) {
    const json::object& schema = schema_value.as_object();
    for (const auto& [keyword, wanted] : schema) {
      if (keyword == "$ref") {
        run(schemas.resolve(schema_value), value, place, Members::any);
      } else if (keyword == "allOf") {
        for (const auto& each : wanted.as_array()) run(each, value, place, Members::any);
      } else if (keyword == "anyOf" || keyword == "oneOf") {
        run_choice(keyword, wanted.as_array(), value, place, members);
      } else if (keyword == "type") {
        const auto types = types_of(wanted);
        if (std::none_of(types.begin(), types.end(), [&](const auto& type) { return is_of_type(value, type); }))
          fail(place, brief(value) + " is not " + brief(wanted));
      } else if (keyword == "const") {
        if (value != wanted) fail(place, brief(value) + " is not " + brief(wanted));
      } else if (keyword == "enum") {
        const auto& allowed = wanted.as_array();
        if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
          fail(place, brief(value) + " is none of " + json::serialize(wanted));
      } else if (value.is_string()) {
        run_text(keyword, wanted, std::string(value.as_string()), place);
      } else if (value.is_number()) {
        if (keyword == "minimum" && value.to_number<double>() < wanted.to_number<double>()) fail(place, "is too small");
        if (keyword == "maximum" && value.to_number<double>() > wanted.to_number<double>()) fail(place, "is too large");
      } else if (value.is_array()) {
        run_list(keyword, wanted, value.as_array(), place, members);
      } else if (value.is_object()) {
        run_object(keyword, wanted, value.as_object(), place, members);
      }
    }
    if (members == Members::named && value.is_object()) run_names(schema, value.as_object(), place);
  }

  void run_choice(std::string_view keyword, const json::array& choices, const json::value& value,
                  const std::string& place, Members members) {
    std::string why;
    std::size_t fitting = 0;
    for (const auto& each : choices) {
      const Complaints found = try_out(each, value, place, members);
      if (found.empty())
        ++fitting;
      else
        why += "; " + found.front();
    }
    if (fitting == 0) fail(place, "fits no choice" + why);
    if (keyword == "oneOf" && fitting > 1) fail(place, "fits more than one choice");
  }

  void run_text(std::string_view keyword, const json::value& wanted, const std::string& text,
                const std::string& place) {
    if (keyword == "minLength" && text.size() < wanted.to_number<std::size_t>()) fail(place, "is too short");
    if (keyword == "maxLength" && text.size() > wanted.to_number<std::size_t>()) fail(place, "is too long");
    if (keyword == "pattern" && !matches(std::string(wanted.as_string()), text))
      fail(place, brief(json::value(text)) + " does not match " + brief(wanted));
    if (keyword == "format" && wanted == json::value("uri") && !matches("^[a-z]+:[!-~]+$", text))
      fail(place, brief(json::value(text)) + " is no URI");
  }

  void run_list(std::string_view keyword, const json::value& wanted, const json::array& list, const std::string& place,
                Members members) {
    if (keyword == "minItems" && list.size() < wanted.to_number<std::size_t>()) fail(place, "has too few items");
    if (keyword == "maxItems" && list.size() > wanted.to_number<std::size_t>()) fail(place, "has too many items");
    if (keyword != "items") return;
    for (std::size_t i = 0; i < list.size(); ++i) run(wanted, list[i], place + "[" + std::to_string(i) + "]", members);
  }

  void run_object(std::string_view keyword, const json::value& wanted, const json::object& object,
                  const std::string& place, Members members) {
    if (keyword == "required") {
      for (const auto& name : wanted.as_array()) {
        if (!object.contains(name.as_string())) fail(place, "`" + std::string(name.as_string()) + "` is missing");
      }
    } else if (keyword == "properties") {
      for (const auto& [name, schema] : wanted.as_object()) {
        if (const auto* member = object.if_contains(name))
          run(schema, *member, place + "." + std::string(name), members);
      }
    }
  }

  // An object whose schema names no members at all may have any.
  void run_names(const json::object& schema, const json::object& object, const std::string& place) {
    std::set<std::string> names;
    schemas.gather_members(schema, names);
    if (names.empty() && !schema.contains("properties")) return;
    for (const auto& [name, value] : object) {
      if (!names.contains(name)) fail(place, "`" + std::string(name) + "` is not documented");
    }
  }
};

const json::value* JsonSchemas::find(std::string_view reference) const {
  if (!reference.starts_with("#/")) return nullptr;
  boost::system::error_code problem;
  return document_.find_pointer(reference.substr(1), problem);
}

const json::object& JsonSchemas::resolve(const json::value& object) const {
  const auto* reference = object.as_object().if_contains("$ref");
  if (reference == nullptr) return object.as_object();
  const auto* found = find(reference->as_string());
  if (found == nullptr) throw std::runtime_error("nothing at " + std::string(reference->as_string()));
  return found->as_object();
}

Complaints JsonSchemas::check(const json::value& schema, const json::value& value, Members members) const {
  Complaints complaints;
  Check{*this, complaints}.run(schema, value, "$", members);
  return complaints;
}

void JsonSchemas::gather_members(const json::object& schema, std::set<std::string>& names) const {
  if (const auto* properties = schema.if_contains("properties")) {
    for (const auto& member : properties->as_object()) names.emplace(member.key());
  }
  if (schema.contains("$ref")) gather_members(resolve(schema), names);
  if (const auto* parts = schema.if_contains("allOf")) {
    for (const auto& part : parts->as_array()) gather_members(part.as_object(), names);
  }
}

Complaints JsonSchemas::check_schema(const json::value& value, const std::string& place) const {
  if (!value.is_object()) return {place + ": is no schema"};
  const json::object& schema = value.as_object();
  Complaints complaints;
  const auto fail = [&](const std::string& what) { complaints.push_back(place + ": " + what); };
  const auto descend = [&](const json::value& part, const std::string& name) {
    const Complaints found = check_schema(part, place + "/" + name);
    complaints.insert(complaints.end(), found.begin(), found.end());
  };
  static const std::set<std::string> numbers{"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"};
  for (const auto& [key, wanted] : schema) {
    const std::string keyword(key);
    if (keyword == "$ref") {
      if (!wanted.is_string() || find(wanted.as_string()) == nullptr) fail("leads nowhere: " + brief(wanted));
    } else if (keyword == "type") {
      for (const auto& type : types_of(wanted)) {
        if (!known_types.contains(type)) fail("there is no type " + type);
      }
    } else if (keyword == "items") {
      descend(wanted, keyword);
    } else if (keyword == "properties") {
      for (const auto& [name, member] : wanted.as_object()) descend(member, "properties/" + std::string(name));
    } else if (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf") {
      if (!wanted.is_array() || wanted.as_array().empty()) fail(keyword + " is no list of schemas");
      for (const auto& part : wanted.as_array()) descend(part, keyword);
    } else if (keyword == "required") {
      std::set<std::string> names;
      if (complaints.empty()) gather_members(schema, names);
      for (const auto& name : wanted.as_array()) {
        if (!names.contains(std::string(name.as_string()))) fail(brief(name) + " is required and not described");
      }
    } else if (keyword == "enum") {
      if (!wanted.is_array() || wanted.as_array().empty()) fail("an enum is a list of values");
    } else if (keyword == "pattern") {
      matches(std::string(wanted.as_string()), "");
    } else if (numbers.contains(keyword)) {
      if (!wanted.is_number()) fail(keyword + " is no number");
    } else if (keyword != "const" && !annotations.contains(keyword)) {
      fail("the keyword " + keyword + " is not known");
    }
  }
  return complaints;
}

}  // namespace lightfast::test
