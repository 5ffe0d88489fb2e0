// Members of JSON objects that a provider wrote: what is absent or of another type reads as empty. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace lightfast::providers {

const boost::json::value& member_of(const boost::json::object& object, std::string_view name);
const boost::json::object& object_of(const boost::json::object& object, std::string_view name);
std::string_view text_of(const boost::json::object& object, std::string_view name);

}  // namespace lightfast::providers
