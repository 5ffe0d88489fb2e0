// Uploads as JSON: base64 and data: URIs.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

HttpResponse post_json(RunningServer& server, const boost::json::value& body) {
  return server.api("POST", "/v1/images/upload", boost::json::serialize(body));
}

TEST_CASE("JSON with base64 stores the bytes behind it") {
  RunningServer server;
  const std::string bytes = png(3);
  const HttpResponse response = post_json(server, {{"user_id", "bob"}, {"data", to_base64(bytes)}});
  INFO(response.body);
  REQUIRE(response.status == 201);
  const boost::json::object image = response.json().as_object();
  CHECK(text(image, "user_id") == "bob");
  CHECK(text(image, "sha256") == sha256(bytes).hex());
  CHECK(server.get(server.path_of(image)).body == bytes);
}

TEST_CASE("a data: URI is taken for its bytes, not for its type") {
  RunningServer server;
  const std::string bytes = png(4);
  const std::string type =
      GENERATE("image/png", "image/jpeg", "application/octet-stream", "image/png;name=a.png", "IMAGE/PNG");
  INFO(type);
  const HttpResponse response = post_json(server, {{"data", "data:" + type + ";base64," + to_base64(bytes)}});
  INFO(response.body);
  REQUIRE(response.status == 201);
  CHECK(text(response.json().as_object(), "content_type") == "image/png");
  CHECK(server.get(server.path_of(response.json().as_object())).body == bytes);
}

TEST_CASE("a data: URI without base64 is percent-decoded") {
  RunningServer server;
  const std::string bytes = png(5);
  const HttpResponse response = post_json(server, {{"data", "data:image/png," + percent_encode(bytes)}});
  INFO(response.body);
  REQUIRE(response.status == 201);
  CHECK(server.get(server.path_of(response.json().as_object())).body == bytes);
}

TEST_CASE("metadata, visibility and pinned are taken from the JSON, and unknown members ignored") {
  RunningServer server;
  const boost::json::object metadata = {{"any", "json"}, {"deep", boost::json::array{1, nullptr, "é"}}};
  const HttpResponse response = post_json(server, {{"user_id", "bob"},
                                                   {"data", to_base64(png(6))},
                                                   {"metadata", metadata},
                                                   {"visibility", "private"},
                                                   {"pinned", true},
                                                   {"colour", "blue"}});
  INFO(response.body);
  REQUIRE(response.status == 201);
  const boost::json::object image = response.json().as_object();
  CHECK(image.at("metadata") == metadata);
  CHECK(text(image, "visibility") == "private");
  CHECK(image.at("pinned").as_bool());
}

TEST_CASE("a member of the wrong type is 400 and named") {
  RunningServer server;
  const auto [member, value] = GENERATE(table<std::string, boost::json::value>({{"user_id", 5},
                                                                                {"user_id", nullptr},
                                                                                {"data", 7},
                                                                                {"data", nullptr},
                                                                                {"data", boost::json::object{}},
                                                                                {"visibility", 1},
                                                                                {"visibility", "secret"},
                                                                                {"pinned", "yes"}}));
  boost::json::object body = {{"user_id", "bob"}, {"data", to_base64(png(1))}};
  body[member] = value;
  INFO(boost::json::serialize(body));
  const HttpResponse response = post_json(server, body);
  if (member == "user_id" && value.is_null()) {
    CHECK(response.status == 201);  // as if none were given
    return;
  }
  check_problem(response, 400, "invalid_request");
  CHECK(text(response.json().as_object(), "detail").find(member) != std::string::npos);
}

TEST_CASE("what JSON does not say, the query may, and what both say, the JSON does") {
  RunningServer server;
  const boost::json::object body = {{"data", to_base64(png(7))}, {"name", "pier"}, {"visibility", "private"}};
  const std::string target = "/v1/images/upload?user_id=ann&collection=trip&visibility=public";
  const HttpResponse response = server.api("POST", target, boost::json::serialize(body));
  INFO(response.body);
  REQUIRE(response.status == 201);
  const boost::json::object image = response.json().as_object();
  CHECK(text(image, "user_id") == "ann");
  CHECK(text(image, "collection") == "trip");
  CHECK(text(image, "visibility") == "private");
  const std::string wrong = "/v1/images/upload?user_id=ann&visibility=secret";
  CHECK(server.api("POST", wrong, boost::json::serialize(body)).status == 400);
}

TEST_CASE("a body that is no JSON object, or holds no data, is 400") {
  RunningServer server;
  const std::vector<std::string> bodies = {"{",
                                           "[]",
                                           "\"text\"",
                                           "null",
                                           "{}",
                                           R"({"user_id":"bob"})",
                                           "{\"data\":\"\xff\"}",
                                           R"({"data":"iVBOR"w})",
                                           std::string(5000, '[')};
  for (const std::string& body : bodies) {
    INFO(body.substr(0, 80));
    check_problem(server.api("POST", "/v1/images/upload", body), 400, "invalid_request");
  }
}

TEST_CASE("broken base64 and broken data: URIs are 400") {
  RunningServer server;
  const std::string data = GENERATE("not base64!", "data:", "data:image/png;base64", "data:image/png;base64,@@@@", "a");
  INFO(data);
  check_problem(post_json(server, {{"data", data}}), 400, "invalid_request");
  CHECK(server.image_files() == std::set<std::string>{});
}

TEST_CASE("base64 of what is no image is refused like the raw bytes") {
  RunningServer server;
  check_problem(post_json(server, {{"data", to_base64("just a text, and long enough to sniff at")}}), 415,
                "unsupported_image");
  const std::string whole = png(1);
  check_problem(post_json(server, {{"data", to_base64(whole.substr(0, whole.size() - 8))}}), 422, "invalid_image");
  CHECK(server.image_files() == std::set<std::string>{});
  CHECK(server.leftovers() == std::set<std::string>{});
}

}  // namespace
}  // namespace lightfast::test
