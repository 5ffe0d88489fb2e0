#include "server/jobs/details.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

namespace lightfast::jobs {
namespace {

namespace json = boost::json;

const std::string first = "img_01jd0000000000000000000000", second = "img_01jd0000000000000000000001";

Attempt with_parents() {
  return {"replicate", "", "{}", {ImageId::parse(first).value(), ImageId::parse(second).value()}, 2};
}

TEST_CASE("what a provider tells of the making stands beside the images that were its sources") {
  const json::value details = json::parse(details_json(R"({"seed":42,"seconds":1.5})", with_parents()));
  CHECK(details == json::value{{"seed", 42}, {"seconds", 1.5}, {"parents", {first, second}}, {"parent_version", 2}});
  CHECK(details_json(R"({"seed":42})", {}) == R"({"seed":42})");
  CHECK(details_json("", {}).empty());
  CHECK(details_json("{}", {}).empty());
}

TEST_CASE("what a provider tells that is no object or too long is not kept and spoils nothing") {
  for (const std::string& told : {std::string("[1]"), std::string("{\"seed\":"), std::string("null"),
                                  "{\"usage\":\"" + std::string(max_details, 'x') + "\"}"}) {
    CHECK(details_json(told, {}).empty());
    CHECK(json::parse(details_json(told, with_parents())).as_object().size() == 2);
  }
}

TEST_CASE("nobody's parents are told by a provider") {
  const json::value details = json::parse(details_json(R"({"parents":["img_x"],"parent_version":9})", with_parents()));
  CHECK(details.at("parents").as_array().size() == 2);
  CHECK(details.at("parent_version") == json::value(2));
}

}  // namespace
}  // namespace lightfast::jobs
