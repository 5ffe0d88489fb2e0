// What is told of how an image was made: `generation`.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/generating_server.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

json::value drawing(const json::value& input, const std::string& name = "") {
  json::object body{{"prompt", "a pier"}, {"provider", "sample"}, {"user_id", "ana"}, {"input", input}};
  body["input"].as_object()["width"] = body["input"].as_object()["height"] = 32;
  if (!name.empty()) {
    body["collection"] = "scenes";
    body["name"] = name;
  }
  return body;
}

json::value parents_of(const json::object& image) {
  return image.at("generation").at("parents");
}

TEST_CASE("generation: images of this server in the input are the parents, each once, in the answer and for good") {
  GeneratingServer it;
  const json::object first = it.server.uploaded(png(1), "ana");
  const json::object second = it.server.uploaded(png(2), "bob", "&collection=trip&name=hero");
  const json::object made = it.generated(
      drawing({{"image", first.at("url")}, {"again", first.at("url")}, {"deep", {{"mask", second.at("named_url")}}}}));
  CHECK(parents_of(made) == json::value{first.at("id"), second.at("id")});
  CHECK_FALSE(made.at("generation").as_object().contains("parent_version"));

  it.server.process().restart();
  const std::string id = text(made, "id");
  CHECK(it.server.api("GET", "/v1/images/ana/" + id).json().at("generation") == made.at("generation"));
  const auto found = it.server.api("GET", "/v1/users/ana/images?q=" + text(first, "id")).json();
  REQUIRE(found.at("images").as_array().size() == 1);
  CHECK(found.at("images").at(0).at("id") == made.at("id"));
  const auto listed = it.server.process().run({"list", "--user", "ana", "--json"}).out;
  CHECK(listed.find(json::serialize(made.at("generation"))) != std::string::npos);
}

TEST_CASE("generation: a new version tells which version of the same name it was made from") {
  GeneratingServer it;
  const json::object first = it.generated(drawing(json::object(), "hero"));
  CHECK_FALSE(first.contains("generation"));
  const json::object second = it.generated(drawing({{"image", first.at("named_url")}}, "hero"));
  CHECK(parents_of(second) == json::value{first.at("id")});
  CHECK(second.at("generation").at("parent_version") == json::value(1));
  const json::object back = it.generated(drawing({{"image", first.at("url")}, {"style", second.at("url")}}, "hero"));
  CHECK(back.at("generation").at("parent_version") == json::value(2));
  const json::object other = it.generated(drawing({{"image", first.at("url")}}, "villain"));
  CHECK(parents_of(other) == json::value{first.at("id")});
  CHECK_FALSE(other.at("generation").as_object().contains("parent_version"));
}

TEST_CASE("generation: of several providers the sources of the one that gave the image are its parents") {
  GeneratingServer it;
  it.replicate.script({.final_status = "failed", .error = "NSFW"});
  const json::object first = it.server.uploaded(png(1)), second = it.server.uploaded(png(2));
  const json::object made = it.generated(
      json::value{{"prompt", "a pier"},
                  {"providers",
                   {{{"name", "replicate"}, {"input", {{"image", first.at("url")}}}},
                    {{"name", "sample"}, {"input", {{"image", second.at("url")}, {"width", 32}, {"height", 32}}}}}}});
  CHECK(parents_of(made) == json::value{second.at("id")});
}

TEST_CASE("generation: what the provider tells of its work is kept with the image") {
  GeneratingServer it;
  const json::object made = it.generated(json::value{{"prompt", "a pier"}, {"input", {{"seed", 7}}}});
  CHECK(made.at("generation") == json::value{{"seed", 7}, {"seconds", 0.5}});
  CHECK(it.server.api("GET", "/v1/images/default/" + text(made, "id")).json().at("generation") ==
        made.at("generation"));
}

TEST_CASE("generation: an upload and an import have none") {
  GeneratingServer it;
  CHECK_FALSE(it.server.uploaded(png(1)).contains("generation"));
  const HttpResponse imported = it.import(json::value{{"url", it.replicate.host({.bytes = png(2)})}});
  REQUIRE(imported.status == 201);
  CHECK_FALSE(imported.json().as_object().contains("generation"));
}

}  // namespace
}  // namespace lightfast::test
