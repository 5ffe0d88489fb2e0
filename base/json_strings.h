// The strings anywhere in a JSON value, to be looked at and replaced. Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lightfast {

struct JsonString {
  std::string place;          // "input.images[0]"
  boost::json::string* text;  // within the value
};

// Those that `is_wanted` says yes to, in order; `value` itself stands at `place`.
std::vector<JsonString> strings_in(boost::json::value& value, const std::string& place,
                                   const std::function<bool(std::string_view)>& is_wanted);

}  // namespace lightfast
