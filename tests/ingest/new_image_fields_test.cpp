#include "server/ingest/new_image_fields.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

json::object there_and_back(const json::object& members) {
  return ingest::new_image_members(ingest::read_new_image(members, UserId::parse("ana").value()).value());
}

TEST_CASE("what is said of an image is the same after it was read and written") {
  const json::object everything{{"user_id", "ana"},
                                {"collection", "laktose-uebelkeit"},
                                {"name", "supporting/ab12"},
                                {"visibility", "private"},
                                {"pinned", true},
                                {"expires_in", 3'600},
                                {"metadata", json::array{1, "two", nullptr}},
                                {"provider", "replicate"},
                                {"model", "flux"},
                                {"prompt", "ein \"Leuchtturm\""},
                                {"prediction_id", "gm3q"},
                                {"source_url", "https://example.org/a.png"}};
  CHECK(there_and_back(everything) == everything);
  CHECK(there_and_back({}) == json::object{{"user_id", "ana"}});
}

TEST_CASE("metadata may be sixteen levels deep") {
  const auto read = [](int levels, const std::string& open, const std::string& close) {
    std::string text = "1";
    for (int i = 0; i < levels; ++i) text = open + text + close;
    return ingest::read_new_image({{"metadata", json::parse(text)}}, UserId::fallback());
  };
  for (const auto& [open, close] : {std::pair{"[", "]"}, {R"({"a":0,"b":)", "}"}, {"[0,", ",[]]"}}) {
    CHECK(read(15, open, close));
    const auto deep = read(17, open, close);
    REQUIRE_FALSE(deep);
    CHECK(deep.error().code == Errc::invalid_request);
    CHECK(deep.error().detail == "`metadata` must be at most 16 levels deep");
  }
  CHECK(read(16, "[", "]"));
}

TEST_CASE("names are written as slugs and stay what they are when they are read again") {
  const json::object once = there_and_back({{"collection", std::string(300, 'x') + " Ü"}, {"name", "Foto.png.png"}});
  CHECK(there_and_back(once) == once);
}

}  // namespace
}  // namespace lightfast::test
