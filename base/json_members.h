// Members of JSON objects as typed values; what has the wrong type or value is Errc::invalid_request, naming it and
// what is allowed. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lightfast {

// The text as a JSON object.
Result<boost::json::object> parse_object(std::string_view text);

// "`name` must be …"
Error wrong_member(std::string_view name, std::string_view allowed);

// nullptr where it is absent or null.
const boost::json::value* find_member(const boost::json::object& object, std::string_view name);

// Absent and null are nullopt.
Result<std::optional<std::string>> string_member(const boost::json::object& object, std::string_view name);
Result<std::optional<std::int64_t>> integer_member(const boost::json::object& object, std::string_view name,
                                                   std::int64_t least, std::int64_t most);
Result<bool> bool_member(const boost::json::object& object, std::string_view name);  // absent: false

}  // namespace lightfast
