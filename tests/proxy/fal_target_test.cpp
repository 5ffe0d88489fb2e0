#include "server/proxy/fal_target.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::proxy::fal {
namespace {

const providers::FalApi api{"https://queue.example", "https://run.example", "https://rest.example", "id:secret"};

Target target_of(std::string_view method, std::string_view url) {
  const auto target = read_target(method, url, api);
  REQUIRE(target);
  return *target;
}

TEST_CASE("fal's hosts lead to where the configuration has them, path and query byte for byte") {
  const Target run = target_of("POST", "https://fal.run/fal-ai/flux/dev?x=a%2Bb/c+d");
  CHECK((run.call == Call::run));
  CHECK(run.base_url == "https://run.example");
  CHECK(run.path == "/fal-ai/flux/dev?x=a%2Bb/c+d");
  CHECK(run.model == "fal-ai/flux/dev");

  const Target submit = target_of("POST", "https://queue.fal.run/fal-ai/flux/dev?fal_webhook=https%3A%2F%2Fa.example");
  CHECK((submit.call == Call::submit));
  CHECK(submit.base_url == "https://queue.example");

  for (const char* host : {"rest.fal.ai", "rest.alpha.fal.ai"}) {
    const Target upload = target_of("POST", std::string("https://") + host + "/storage/upload/initiate?storage_type=x");
    CHECK((upload.call == Call::other));
    CHECK(upload.base_url == "https://rest.example");
  }
}

TEST_CASE("a result in fal's queue is told from a state and a cancellation") {
  const std::string request = "https://queue.fal.run/fal-ai/flux/requests/ab-12";
  const Target result = target_of("GET", request);
  CHECK((result.call == Call::result));
  CHECK(result.model == "fal-ai/flux");
  CHECK(result.prediction_id == "ab-12");
  for (const auto& [method, more] : {std::pair{"GET", "/status?logs=1"},
                                     {"GET", "/status/stream"},
                                     {"PUT", "/cancel"},
                                     {"POST", ""},
                                     {"GET", "/"}}) {
    CHECK((target_of(method, request + more).call == Call::other));
  }
}

TEST_CASE("whatever is not fal's is refused, however alike it looks") {
  for (const char* url : {"",
                          "fal.run",
                          "/fal-ai/flux",
                          "http://fal.run/x",
                          "ftp://fal.run/x",
                          "https://fal.run:8443/x",
                          "https://fal.run.evil.example/x",
                          "https://evilfal.run/x",
                          "https://queue.fal.run.evil.example/x",
                          "https://fal.run@evil.example/x",
                          "https://user:pass@fal.run/x",
                          "https://evil.example/fal.run/",
                          "https://evil.example#fal.run",
                          "https://fal.run\\@evil.example/x",
                          "https://127.0.0.1/x",
                          "https://[::1]/x",
                          "https://fal.ai/x",
                          "https://www.fal.run/x",
                          "https://f\xC3\xA4l.run/x",
                          "https://fal.run./x",
                          "https://rest.fal.ai/tokens/",
                          "https://rest.fal.ai/storage/upload/initiate/../../tokens",
                          "https://rest.fal.ai/storage/upload/initiate%2F..%2Fx",
                          "https://fal.run/a/../b",
                          "https://fal.run/a/..",
                          "https://fal.run/a/%2e%2e/b",
                          "https://fal.run//evil.example/x",
                          "https://fal.run/x https://evil.example/"}) {
    INFO(url);
    const auto target = read_target("POST", url, api);
    REQUIRE(!target);
    CHECK((target.error().code == Errc::invalid_request));
    CHECK(target.error().detail.starts_with("Invalid request"));
  }
}

TEST_CASE("a webhook is replaced where there is another address for it and the rest of the query stays") {
  const Replace ours = [](std::string_view url) -> std::optional<std::string> {
    if (url.starts_with("https://a.example/hook?x=1&y")) return "https://ours.example/a?b=c";
    return std::nullopt;
  };
  CHECK(with_webhook("/fal-ai/flux?a=%2B&fal_webhook=https%3A%2F%2Fa.example%2Fhook%3Fx%3D1%26y&b", ours) ==
        "/fal-ai/flux?a=%2B&fal_webhook=https%3A%2F%2Fours.example%2Fa%3Fb%3Dc&b");
  for (const std::string target : {"/fal-ai/flux", "/fal-ai/flux?", "/x?fal_webhook=", "/x?fal_webhook=https%3A%2F%2Fb",
                                   "/x?fal_webhook=%zz", "/x?my_fal_webhook=https%3A%2F%2Fa.example%2Fhook"}) {
    CHECK(with_webhook(target, ours) == (target == "/fal-ai/flux?" ? "/fal-ai/flux" : target));
  }
}

TEST_CASE("what concerns nobody but who calls is told from what all share") {
  for (const auto& [method, url] : {std::pair{"POST", "https://fal.run/a/b"},
                                    {"POST", "https://queue.fal.run/a/b"},
                                    {"GET", "https://queue.fal.run/a/b/requests/1/status"},
                                    {"PUT", "https://queue.fal.run/a/b/requests/1/cancel"},
                                    {"POST", "https://rest.fal.ai/storage/upload/initiate"}}) {
    CHECK(target_of(method, url).is_for_one_user);
  }
  for (const auto& [method, url] : {std::pair{"GET", "https://queue.fal.run/a/b/requests"},
                                    {"GET", "https://queue.fal.run/a/b/requests/"},
                                    {"GET", "https://fal.run/a/b"},
                                    {"DELETE", "https://queue.fal.run/a/b"}}) {
    CHECK_FALSE(target_of(method, url).is_for_one_user);
  }
}

TEST_CASE("upper case in a host is the same host") {
  CHECK(target_of("POST", "https://FAL.run/x").base_url == "https://run.example");
}

}  // namespace
}  // namespace lightfast::proxy::fal
