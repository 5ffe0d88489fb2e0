#include "server/http/cors.h"

#include <catch2/catch.hpp>

#include "server/http/http_text.h"

using namespace lightfast;
using http::Cors;
using http::Headers;

namespace {

const Cors nobody;
const Cors listed({"https://app.example.com", "http://localhost:3000"});
const Cors everyone({"*"});

Headers from(const std::string& origin, const std::string& method = "") {
  Headers headers;
  if (!origin.empty()) headers.add("Origin", origin);
  if (!method.empty()) headers.add("Access-Control-Request-Method", method);
  return headers;
}

// "allowed origin | Vary" of an answer.
std::string told(const Cors& cors, const std::string& origin, bool is_open = false) {
  Headers answer;
  cors.describe(from(origin), is_open, answer);
  CHECK((answer.find("Access-Control-Allow-Origin") != nullptr) ==
        (answer.find("Access-Control-Expose-Headers") != nullptr));
  CHECK_FALSE(answer.find("Access-Control-Allow-Credentials"));
  return answer.combined("Access-Control-Allow-Origin") + " | " + answer.combined("Vary");
}

}  // namespace

TEST_CASE("where nobody is listed only what is open to all says so") {
  CHECK(told(nobody, "https://app.example.com") == " | ");
  CHECK(told(nobody, "https://app.example.com", true) == "* | ");
  CHECK(told(nobody, "", true) == "* | ");
}

TEST_CASE("a listed origin is told its own name and every answer that it depends on it") {
  CHECK(told(listed, "https://app.example.com") == "https://app.example.com | Origin");
  CHECK(told(listed, "http://localhost:3000") == "http://localhost:3000 | Origin");
  CHECK(told(listed, "https://app.example.com", true) == "* | ");
  for (const char* other :
       {"", "null", "https://app.example.com.evil.net", "http://app.example.com", "https://app.example.com:8443",
        "https://evil.net", "HTTPS://APP.EXAMPLE.COM", "https://app.example.com, https://evil.net", "*"}) {
    INFO(other);
    CHECK(told(listed, other) == " | Origin");
  }
}

TEST_CASE("with a star everybody is let in without being named") {
  CHECK(told(everyone, "https://evil.net") == "* | ");
  CHECK(told(everyone, "") == "* | ");
}

TEST_CASE("what an answer already says is kept") {
  Headers answer;
  answer.add("Access-Control-Allow-Origin", "*");
  nobody.describe(from("https://app.example.com"), true, answer);
  CHECK(answer.all().size() == 1);
  Headers varied;
  varied.add("Vary", "Accept");
  listed.describe(from("https://app.example.com"), false, varied);
  CHECK(varied.combined("Vary") == "Accept, Origin");
}

TEST_CASE("a preflight is answered to those who may, with fixed lists") {
  const auto preflight = [](const Cors& cors, const Headers& request) {
    Headers answer;
    cors.answer_preflight(request, false, "GET, POST, OPTIONS", answer);
    return answer;
  };
  auto request = from("https://app.example.com", "POST");
  request.add("Access-Control-Request-Headers", "x-evil");
  const auto answer = preflight(listed, request);
  CHECK(answer.combined("Access-Control-Allow-Origin") == "https://app.example.com");
  CHECK(answer.combined("Access-Control-Allow-Methods") == "GET, POST, OPTIONS");
  CHECK(answer.combined("Access-Control-Max-Age") == "86400");
  CHECK(answer.combined("Vary") == "Origin");
  const auto allowed = answer.combined("Access-Control-Allow-Headers");
  for (const char* name :
       {"Authorization", "Idempotency-Key", "Prefer", "X-Request-Id", "Content-Type", "If-None-Match"}) {
    CHECK(http::list_holds(allowed, name));
  }
  CHECK_FALSE(http::list_holds(allowed, "x-evil"));
  CHECK(preflight(everyone, request).combined("Access-Control-Allow-Origin") == "*");

  CHECK(preflight(nobody, request).all().empty());
  CHECK(preflight(listed, from("https://evil.net", "POST")).combined("Access-Control-Allow-Methods").empty());
  CHECK(preflight(listed, from("https://app.example.com")).all().empty());  // no preflight
  CHECK(preflight(listed, from("", "POST")).all().empty());
}

TEST_CASE("an origin is what a browser sends and no more") {
  for (const char* origin : {"https://app.example.com", "http://localhost:3000", "http://[::1]:8080",
                             "capacitor://localhost", "chrome-extension://abcdef"}) {
    INFO(origin);
    CHECK(Cors::is_origin(origin));
  }
  for (const char* wrong : {"", "app.example.com", "https://", "://app.example.com", "https://app.example.com/path",
                            "https://*.example.com", "https://a b", "https://App.example.com", "null",
                            "https://user@app.example.com", "https://app.example.com?x"}) {
    INFO(wrong);
    CHECK_FALSE(Cors::is_origin(wrong));
  }
}
