#include "server/proxy/replicate_answer.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace lightfast::proxy::replicate {
namespace {

namespace json = boost::json;

json::object parse(std::string_view text) {
  return json::parse(text).as_object();
}

json::object tidied(std::string_view text, Phase phase) {
  json::object prediction = parse(text);
  tidy(prediction, phase);
  return prediction;
}

TEST_CASE("what a call asks for is told by its method and path") {
  CHECK(call_of("POST", "/predictions") == Call::create);
  CHECK(call_of("POST", "/models/black-forest-labs/flux-schnell/predictions") == Call::create);
  CHECK(call_of("POST", "/deployments/a/b/predictions") == Call::create);
  CHECK(call_of("POST", "/models/black-forest-labs/flux-1.1_pro/predictions") == Call::create);
  CHECK(call_of("GET", "/predictions") == Call::list);
  CHECK(call_of("GET", "/predictions/abc") == Call::prediction);
  CHECK(call_of("POST", "/predictions/abc/cancel") == Call::prediction);
  CHECK(call_of("GET", "/webhooks/default/secret") == Call::secret);
  for (const auto& [method, path] : {std::pair{"GET", "/models/a/b/predictions"},
                                     {"POST", "/trainings/predictions"},
                                     {"QUERY", "/models"},
                                     {"POST", "/files"},
                                     {"GET", "/"},
                                     {"GET", "/predictions/"},
                                     {"GET", "//predictions"},
                                     {"GET", "/predictions/."},
                                     {"GET", "/predictions/.."},
                                     {"GET", "/predictions/%2e%2e"},
                                     {"GET", "/predictions/abc/"},
                                     {"POST", "/predictions//cancel"},
                                     {"POST", "/models//b/predictions"},
                                     {"DELETE", "/predictions/abc"}}) {
    INFO(method << " " << path);
    CHECK(call_of(method, path) == Call::other);
  }
}

TEST_CASE("predictions by their id and files sent are one user's and all else is everybody's") {
  const auto is_own = [](std::string_view method, std::string_view path) {
    return is_for_one_user(call_of(method, path), method, path);
  };
  CHECK(is_own("POST", "/models/a/b/predictions"));
  CHECK(is_own("GET", "/predictions/abc"));
  CHECK(is_own("POST", "/predictions/abc/cancel"));
  CHECK(is_own("POST", "/files"));
  for (const auto& [method, path] : {std::pair{"GET", "/predictions"},
                                     {"GET", "/predictions/"},
                                     {"POST", "/predictions//cancel"},
                                     {"GET", "/files"},
                                     {"GET", "/account"},
                                     {"DELETE", "/models/a/b"},
                                     {"POST", "/models/a/b/versions/c/trainings"},
                                     {"POST", "/files/"}}) {
    INFO(method << " " << path);
    CHECK_FALSE(is_own(method, path));
  }
}

TEST_CASE("a caller who waits says so") {
  CHECK(waits("wait"));
  CHECK(waits("wait=10"));
  CHECK(waits("respond-async, Wait=5"));
  CHECK_FALSE(waits(""));
  CHECK_FALSE(waits("waiting"));
  CHECK_FALSE(waits("respond-async"));
}

TEST_CASE("outputs are final when the prediction is over, and in an answer that waited as soon as there are any") {
  const auto running = parse(R"({"status":"processing","output":["https://d/a.png"]})");
  CHECK(final_urls(running, Phase::asked).empty());
  CHECK(final_urls(running, Phase::waited) == std::vector<std::string>{"https://d/a.png"});
  CHECK(final_urls(parse(R"({"status":"succeeded","output":"https://d/a.png","input":{"image":"https://d/i.png"}})"),
                   Phase::asked) == std::vector<std::string>{"https://d/a.png"});
  CHECK(final_urls(parse(R"({"status":"succeeded","output":null})"), Phase::asked).empty());
  CHECK(final_urls(parse(R"({"status":"succeeded"})"), Phase::waited).empty());
}

TEST_CASE("SDKs are told ends and waits in the words that they know") {
  CHECK(tidied(R"({"status":"aborted","output":null})", Phase::asked).at("status") == "canceled");
  CHECK(tidied(R"({"status":"processing","output":null})", Phase::waited).at("status") == "starting");
  CHECK(tidied(R"({"status":"processing","output":null})", Phase::asked).at("status") == "processing");
  CHECK(tidied(R"({"status":"processing","output":["https://d/a.png"]})", Phase::waited).at("status") == "processing");
  CHECK(tidied(R"({"status":"succeeded","output":null})", Phase::waited).at("status") == "succeeded");
}

TEST_CASE("growing lists of images are withheld and of words are not") {
  CHECK(tidied(R"({"status":"processing","output":["https://d/a.png"]})", Phase::asked).at("output").is_null());
  const auto words = tidied(R"({"status":"processing","output":["Once ","upon"]})", Phase::asked);
  CHECK(words.at("output") == json::parse(R"(["Once ","upon"])"));
}

TEST_CASE("what is not hosted yet is told as unfinished") {
  auto prediction =
      parse(R"({"status":"succeeded","output":["https://d/a.png"],"completed_at":"x","metrics":{},"id":1})");
  auto waited = prediction;
  tell_unfinished(prediction, Phase::asked);
  CHECK(prediction == parse(R"({"status":"processing","output":null,"id":1})"));
  tell_unfinished(waited, Phase::waited);
  CHECK(waited.at("status") == "starting");
}

TEST_CASE("links to the API are moved and an input's are not") {
  auto prediction = parse(R"({"urls":{"get":"https://r/v1/predictions/x","cancel":"https://r/v1/predictions/x/cancel",
    "web":"https://replicate.com/p/x"},"input":{"get":"https://r/v1/files/f"},"next":"https://r/v1/predictions?c=2"})");
  move_links(prediction, "https://r/v1", "https://us/replicate/v1");
  CHECK(prediction == parse(R"({"urls":{"get":"https://us/replicate/v1/predictions/x",
    "cancel":"https://us/replicate/v1/predictions/x/cancel","web":"https://replicate.com/p/x"},
    "input":{"get":"https://r/v1/files/f"},"next":"https://us/replicate/v1/predictions?c=2"})"));
}

}  // namespace
}  // namespace lightfast::proxy::replicate
