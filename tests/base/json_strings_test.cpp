#include "base/json_strings.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace lightfast::test {
namespace {

namespace json = boost::json;

TEST_CASE("strings are found wherever they stand and said where") {
  json::value value{{"a", "x"}, {"list", {"x", {{"deep", "x"}}, "y", 5}}, {"none", nullptr}};
  std::vector<std::string> places;
  for (const auto& found : strings_in(value, "input", [](std::string_view text) { return text == "x"; })) {
    places.push_back(found.place);
    *found.text = "z";
  }
  CHECK(places == std::vector<std::string>{"input.a", "input.list[0]", "input.list[1].deep"});
  CHECK(value == json::value{{"a", "z"}, {"list", {"z", {{"deep", "z"}}, "y", 5}}, {"none", nullptr}});
}

TEST_CASE("a value that is a string itself stands where it is said to stand") {
  json::value value("x");
  const auto found = strings_in(value, "input", [](std::string_view) { return true; });
  REQUIRE(found.size() == 1);
  CHECK(found[0].place == "input");
}

}  // namespace
}  // namespace lightfast::test
