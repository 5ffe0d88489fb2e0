// Checks values against the schemas of an OpenAPI 3.1 document, by those keywords of JSON Schema that ours uses, and
// the schemas themselves: a keyword that is not known here is a complaint, not passed over. One thread at a time.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lightfast::test {

// A line for each thing that is wrong, saying where; empty: nothing is.
using Complaints = std::vector<std::string>;

class JsonSchemas {
 public:
  explicit JsonSchemas(boost::json::value document) : document_(std::move(document)) {}

  const boost::json::object& document() const { return document_.as_object(); }

  // What "#/components/schemas/Image" leads to; nullptr: nothing.
  const boost::json::value* find(std::string_view reference) const;

  // The object itself, or what its $ref leads to; throws where that is nothing.
  const boost::json::object& resolve(const boost::json::value& object) const;

  // Whether an object may have members that its schema does not name.
  enum class Members { named, any };
  Complaints check(const boost::json::value& schema, const boost::json::value& value, Members members) const;

  // Whether it is a schema at all: its keywords, types, and what is required of objects.
  Complaints check_schema(const boost::json::value& schema, const std::string& place) const;

 private:
  struct Check;
  void gather_members(const boost::json::object& schema, std::set<std::string>& names) const;

  boost::json::value document_;
};

}  // namespace lightfast::test
