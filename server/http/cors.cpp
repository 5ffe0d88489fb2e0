#include "server/http/cors.h"

#include <algorithm>

#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

// What scripts may send, and what they may read beside the few fields that they always may; fixed lists, so nothing a
// stranger sends is echoed.
constexpr std::string_view sent_headers =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, If-Range, "
    "If-Unmodified-Since, Prefer, Range, X-Request-Id";
constexpr std::string_view any_sent_header = "Authorization, *";  // the star alone doesn't stand for Authorization
constexpr std::string_view read_headers =
    "ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id";

}  // namespace

void Cors::describe(const Headers& request, bool is_open, Headers& answer, Fields fields) const {
  if (answer.find("Access-Control-Allow-Origin")) return;
  const auto origin = allowed_origin(request, is_open, answer);
  if (!origin) return;
  answer.add("Access-Control-Allow-Origin", *origin);
  answer.add("Access-Control-Expose-Headers", fields == Fields::any ? "*" : read_headers);
}

void Cors::answer_preflight(const Headers& request, bool is_open, std::string_view methods, Headers& answer,
                            Fields fields) const {
  if (!request.find("Origin") || !request.find("Access-Control-Request-Method")) return;
  const auto origin = allowed_origin(request, is_open, answer);
  if (!origin) return;
  answer.add("Access-Control-Allow-Origin", *origin);
  answer.add("Access-Control-Allow-Methods", methods);
  answer.add("Access-Control-Allow-Headers", fields == Fields::any ? any_sent_header : sent_headers);
  answer.add("Access-Control-Max-Age", "86400");
}

// Where it depends on who asks, the answer says so, also to those who are not allowed.
std::optional<std::string> Cors::allowed_origin(const Headers& request, bool is_open, Headers& answer) const {
  const auto is_listed = [this](std::string_view origin) {
    return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
  };
  if (is_open || is_listed("*")) return "*";
  if (origins_.empty()) return std::nullopt;
  const auto vary = answer.combined("Vary");
  if (!list_holds(vary, "Origin")) answer.set("Vary", vary.empty() ? "Origin" : vary + ", Origin");
  const auto origin = request.combined("Origin");
  return is_listed(origin) ? std::optional(origin) : std::nullopt;
}

bool Cors::is_origin(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == text.npos || scheme_end == 0 || scheme_end + 3 == text.size()) return false;
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+';
  };
  const auto host = text.substr(scheme_end + 3);
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(scheme_end), is_name) &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._:[]") == host.npos;
}

}  // namespace lightfast::http
