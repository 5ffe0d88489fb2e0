#include "server/http/error_response.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"

namespace lightfast::http {
namespace {

// An internal error's text speaks of files and system calls: it belongs into the log, not into an answer.
constexpr std::string_view internal_detail =
    "the server failed; the cause stands in its log under this request's X-Request-Id";

}  // namespace

int status_of(Errc code) {
  switch (code) {
    case Errc::invalid_request:
    case Errc::invalid_user_id: return 400;
    case Errc::unauthorized: return 401;
    case Errc::forbidden:
    case Errc::signature_invalid:
    case Errc::signature_expired: return 403;
    case Errc::not_found:
    case Errc::generation_failed: return 404;
    case Errc::method_not_allowed: return 405;
    case Errc::request_timeout: return 408;
    case Errc::conflict:
    case Errc::user_limit: return 409;
    case Errc::length_required: return 411;
    case Errc::precondition_failed: return 412;
    case Errc::too_large: return 413;
    case Errc::uri_too_long: return 414;
    case Errc::unsupported_image: return 415;
    case Errc::range_not_satisfiable: return 416;
    case Errc::expectation_failed: return 417;
    case Errc::invalid_image:
    case Errc::too_many_pixels:
    case Errc::provider_rejected:
    case Errc::download_forbidden:
    case Errc::idempotency_mismatch: return 422;
    case Errc::rate_limited: return 429;
    case Errc::headers_too_large: return 431;
    case Errc::internal: return 500;
    case Errc::download_failed:
    case Errc::source_gone:
    case Errc::provider_failed: return 502;
    case Errc::pending:
    case Errc::provider_unavailable:
    case Errc::overloaded:
    case Errc::damaged:
    case Errc::read_only:
    case Errc::not_configured: return 503;
    case Errc::provider_timeout:
    case Errc::download_timeout: return 504;
    case Errc::storage_full: return 507;
  }
  return 500;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";  // a phrase may say anything (RFC 9112 section 4)
  }
}

std::string problem_json(const Error& error) {
  const int status = status_of(error.code);
  boost::json::object problem;
  // "about:blank": the status says it all, and the title is its phrase (RFC 9457 section 4.2.1). `code` refines it.
  problem["type"] = "about:blank";
  problem["title"] = reason_phrase(status);
  problem["status"] = status;
  // JSON is UTF-8 (RFC 8259 section 8.1), but a detail may quote what a caller or a provider sent.
  problem["detail"] = error.code == Errc::internal ? std::string(internal_detail) : as_utf8(error.detail);
  problem["code"] = to_string(error.code);
  for (const auto& [name, value] : error.members) {
    problem.emplace(as_utf8(name), as_utf8(value));  // never in place of one of the above
  }
  for (const auto& [name, text] : error.json_members) problem.emplace(name, boost::json::parse(text));
  return boost::json::serialize(problem);
}

Response error_response(const Error& error) {
  Response response;
  response.status = status_of(error.code);
  response.headers.set("Content-Type", "application/problem+json");
  response.headers.set("Cache-Control", "no-store");
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  if (error.retry_after) response.headers.set("Retry-After", std::to_string(error.retry_after->count()));
  response.body.emplace_back(problem_json(error));
  return response;
}

}  // namespace lightfast::http
