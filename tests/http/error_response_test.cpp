#include "server/http/error_response.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

namespace lightfast::http {
namespace {

struct CodeRow {
  Errc code;
  int status;
};

// Every code of the API with its status, as docs/http-api.md promises them.
const CodeRow kCodes[] = {
    {Errc::invalid_request, 400},
    {Errc::invalid_user_id, 400},
    {Errc::unauthorized, 401},
    {Errc::forbidden, 403},
    {Errc::signature_invalid, 403},
    {Errc::signature_expired, 403},
    {Errc::not_found, 404},
    {Errc::generation_failed, 404},
    {Errc::method_not_allowed, 405},
    {Errc::request_timeout, 408},
    {Errc::conflict, 409},
    {Errc::user_limit, 409},
    {Errc::length_required, 411},
    {Errc::precondition_failed, 412},
    {Errc::too_large, 413},
    {Errc::uri_too_long, 414},
    {Errc::unsupported_image, 415},
    {Errc::range_not_satisfiable, 416},
    {Errc::expectation_failed, 417},
    {Errc::invalid_image, 422},
    {Errc::too_many_pixels, 422},
    {Errc::provider_rejected, 422},
    {Errc::download_forbidden, 422},
    {Errc::idempotency_mismatch, 422},
    {Errc::rate_limited, 429},
    {Errc::headers_too_large, 431},
    {Errc::internal, 500},
    {Errc::download_failed, 502},
    {Errc::source_gone, 502},
    {Errc::provider_failed, 502},
    {Errc::pending, 503},
    {Errc::provider_unavailable, 503},
    {Errc::overloaded, 503},
    {Errc::damaged, 503},
    {Errc::read_only, 503},
    {Errc::not_configured, 503},
    {Errc::provider_timeout, 504},
    {Errc::download_timeout, 504},
    {Errc::storage_full, 507},
};

boost::json::object body_of(const Response& response) {
  REQUIRE(response.body.size() == 1);
  return boost::json::parse(std::get<std::string>(response.body.front())).as_object();
}

std::string header(const Response& response, std::string_view name) {
  const std::string* value = response.headers.find(name);
  return value ? *value : "(none)";
}

TEST_CASE("every error code has its status, and every status a phrase") {
  for (const auto& row : kCodes) {
    INFO(to_string(row.code));
    CHECK(status_of(row.code) == row.status);
    CHECK(reason_phrase(row.status) != "Unknown");
    CHECK(error_response({row.code, "why"}).status == row.status);
  }
}

TEST_CASE("an unknown status still has some phrase") {
  CHECK_FALSE(reason_phrase(799).empty());
}

TEST_CASE("an error is answered as a problem that is never cached") {
  const Response response = error_response({Errc::too_many_pixels, "60000000 pixels, at most 50000000"});
  CHECK(header(response, "Content-Type") == "application/problem+json");
  CHECK(header(response, "Cache-Control") == "no-store");
  CHECK(header(response, "Retry-After") == "(none)");
  CHECK(header(response, "WWW-Authenticate") == "(none)");
  const auto problem = body_of(response);
  CHECK(problem.at("type").as_string() == "about:blank");
  CHECK(problem.at("title").as_string() == "Unprocessable Content");
  CHECK(problem.at("status").as_int64() == 422);
  CHECK(problem.at("detail").as_string() == "60000000 pixels, at most 50000000");
  CHECK(problem.at("code").as_string() == "too_many_pixels");
  CHECK(problem.size() == 5);
}

TEST_CASE("a 401 says how to authenticate") {
  CHECK(header(error_response({Errc::unauthorized, "a key is needed"}), "WWW-Authenticate") == "Bearer");
}

TEST_CASE("an error that passes says when to try again") {
  const Error error{Errc::overloaded, "too much is waiting", std::chrono::seconds(7)};
  CHECK(header(error_response(error), "Retry-After") == "7");
}

TEST_CASE("an internal error keeps its detail to the log") {
  const Response response = error_response({Errc::internal, "open /secret/place: Permission denied"});
  const std::string text = std::get<std::string>(response.body.front());
  CHECK(text.find("/secret/place") == std::string::npos);
  CHECK_FALSE(body_of(response).at("detail").as_string().empty());
}

TEST_CASE("an error's own members stand beside the standard ones and never in their place") {
  Error error{Errc::provider_failed, "no image came"};
  error.members = {{"prediction_id", "gm3q"}, {"status", "200"}, {"code", "fine"}};
  error.json_members = {{"attempts", R"([{"provider":"sample"}])"}, {"detail", "[]"}};
  const auto problem = body_of(error_response(error));
  CHECK(problem.at("prediction_id").as_string() == "gm3q");
  CHECK(problem.at("status").as_int64() == 502);
  CHECK(problem.at("code").as_string() == "provider_failed");
}

TEST_CASE("a detail that quotes broken text is still valid JSON") {
  const std::string text = problem_json({Errc::invalid_request, "name \"a\x01\xff\xc3\" is no name"});
  const auto problem = boost::json::parse(text).as_object();  // throws on what is not UTF-8
  CHECK(problem.at("detail").as_string() == "name \"a\x01\xEF\xBF\xBD\xEF\xBF\xBD\" is no name");
}

}  // namespace
}  // namespace lightfast::http
