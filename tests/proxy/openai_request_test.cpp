#include "server/proxy/openai_request.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

namespace lightfast::proxy::openai {
namespace {

const std::string form_type = "multipart/form-data; boundary=----b";

std::string field(const std::string& name, const std::string& value) {
  return "------b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}

const std::string picture =
    "------b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
    "\x89PNG\r\n\r\n--no boundary\r\n";
const std::string end = "------b--\r\n";

TEST_CASE("the calls that make images are these three") {
  CHECK(makes_images("POST", "/images/generations"));
  CHECK(makes_images("POST", "/images/edits"));
  CHECK(makes_images("POST", "/images/variations"));
  CHECK_FALSE(makes_images("GET", "/images/generations"));
  CHECK_FALSE(makes_images("POST", "/chat/completions"));
}

TEST_CASE("what is made from a call's own body is one user's and all else is everybody's") {
  CHECK(is_for_one_user("POST", "/images/edits"));
  CHECK(is_for_one_user("POST", "/chat/completions"));
  CHECK(is_for_one_user("GET", "/models"));
  CHECK_FALSE(is_for_one_user("GET", "/chat/completions"));
  CHECK_FALSE(is_for_one_user("GET", "/files"));
  CHECK_FALSE(is_for_one_user("DELETE", "/models/ft:mine"));
  CHECK_FALSE(is_for_one_user("POST", "/fine_tuning/jobs"));
}

TEST_CASE("what models that give base64 alone refuse is taken out of JSON and nothing else is") {
  const auto read = read_image_request(
      R"({"model":"gpt-image-1","prompt":"a cat","response_format":"url","n":2,"stream":true})", "application/json");
  CHECK(read.model == "gpt-image-1");
  CHECK(read.prompt == "a cat");
  CHECK(read.wants_url);
  REQUIRE(read.body);
  CHECK(boost::json::parse(*read.body) ==
        boost::json::parse(R"({"model":"gpt-image-1","prompt":"a cat","n":2,"stream":true})"));
}

TEST_CASE("a body that needs no change goes on byte for byte") {
  const auto dalle = read_image_request(R"({ "model":"dall-e-3", "response_format":"b64_json" })", "application/json");
  CHECK_FALSE(dalle.body);
  CHECK_FALSE(dalle.wants_url);
  CHECK_FALSE(read_image_request(R"({"model":"gpt-image-1"})", "application/json").body);
  for (const char* odd : {"", "no json", "[1]", R"({"model":7,"stream":"yes"})"}) {
    const auto read = read_image_request(odd, "application/json");
    CHECK_FALSE(read.body);
    CHECK(read.model.empty());
  }
}

TEST_CASE("the same is taken out of a form, wherever it stands, and files are left alone") {
  for (const bool first : {true, false}) {
    const std::string before = first ? "" : field("model", "gpt-image-1") + picture;
    const std::string after = first ? picture + field("model", "gpt-image-1") + field("prompt", "x") + end
                                    : field("prompt", "x") + field("stream", "true") + end;
    const auto read = read_image_request(before + field("response_format", "url") + after, form_type);
    CHECK(read.model == "gpt-image-1");
    CHECK(read.prompt == "x");
    CHECK(read.wants_url);
    REQUIRE(read.body);
    CHECK(*read.body == before + after);
  }
}

TEST_CASE("a form that needs no change, or is broken, goes on as it is") {
  CHECK_FALSE(read_image_request(field("model", "dall-e-2") + field("response_format", "url") + end, form_type).body);
  CHECK_FALSE(read_image_request(field("model", "gpt-image-1") + "------b\r\nContent-Dis", form_type).body);
  CHECK_FALSE(read_image_request("", form_type).body);
  CHECK_FALSE(read_image_request("------b", form_type).body);
}

}  // namespace
}  // namespace lightfast::proxy::openai
