#include "server/proxy/error_shape.h"

#include <boost/json.hpp>

#include "server/http/error_response.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;

// What may be shown, from where it is decided: the detail of Errc::internal is not.
std::string shown_detail(const Error& error) {
  const json::value problem = json::parse(http::problem_json(error));
  return std::string(problem.at("detail").as_string());
}

std::string_view openai_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

}  // namespace

std::string replicate_error(const Error& error) {
  const int status = http::status_of(error.code);
  return json::serialize(json::object{{"title", http::reason_phrase(status)},
                                      {"detail", shown_detail(error)},
                                      {"status", status},
                                      {"code", to_string(error.code)}});
}

std::string openai_error(const Error& error) {
  const int status = http::status_of(error.code);
  return json::serialize(json::object{{"error",
                                       {{"message", shown_detail(error)},
                                        {"type", openai_type(status)},
                                        {"param", nullptr},
                                        {"code", to_string(error.code)}}}});
}

// What fal's own proxy says is how these begin.
std::string fal_error(const Error& error) {
  const std::string detail = shown_detail(error);
  return json::serialize(
      json::object{{"detail", error.code == Errc::unauthorized ? "Unauthorized: " + detail : detail}});
}

http::Response refusal(const Error& error, ErrorShape shape) {
  http::Response response = http::error_response(error);
  response.headers.set("Content-Type", "application/json");
  response.headers.set(error_header, to_string(error.code));
  response.body.clear();
  response.body.emplace_back(shape(error));
  return response;
}

}  // namespace lightfast::proxy
