#include "server/proxy/forwarded_headers.h"

#include <algorithm>
#include <span>

#include "server/http/http_text.h"

namespace lightfast::proxy {
namespace {

using Names = std::span<const std::string_view>;

// Content-Length is made anew, for the body as it is sent.
constexpr std::string_view of_one_hop[] = {"Connection",
                                           "Keep-Alive",
                                           "Proxy-Connection",
                                           "Proxy-Authenticate",
                                           "Proxy-Authorization",
                                           "TE",
                                           "Trailer",
                                           "Transfer-Encoding",
                                           "Upgrade",
                                           "Expect",
                                           "Content-Length",
                                           "Host"};

// Who asked whom on the way here, and what a browser keeps for our origin.
constexpr std::string_view of_the_caller_alone[] = {
    "Authorization",    "Accept-Encoding",   "Cookie",           "Forwarded", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-IP", "Via"};

// What the provider says of its own origin, and what this server says itself.
constexpr std::string_view of_the_provider_alone[] = {"Set-Cookie", "Alt-Svc", "Strict-Transport-Security", "Date",
                                                      "X-Request-Id"};

constexpr std::string_view ours = "x-lightfast-";

bool is_one_of(std::string_view name, Names names) {
  return std::any_of(names.begin(), names.end(), [name](auto each) { return http::same_name(each, name); });
}

bool starts_like(std::string_view name, std::string_view prefix) {
  return http::same_name(name.substr(0, prefix.size()), prefix);
}

bool travels(std::string_view name, std::string_view value, std::string_view connection) {
  return http::is_token(name) && std::all_of(value.begin(), value.end(), http::is_text_char) &&
         !is_one_of(name, of_one_hop) && !starts_like(name, ours) && !http::list_holds(connection, name);
}

}  // namespace

HttpHeaders fields_for_provider(const http::Headers& given) {
  const std::string connection = given.combined("Connection");
  HttpHeaders fields;
  for (const auto& [name, value] : given.all()) {
    if (travels(name, value, connection) && !is_one_of(name, of_the_caller_alone)) fields.emplace_back(name, value);
  }
  fields.emplace_back("Accept-Encoding", "identity");
  return fields;
}

http::Headers fields_for_caller(const HttpHeaders& given) {
  const std::string connection(find_header(given, "Connection").value_or(""));
  http::Headers fields;
  for (const auto& [name, value] : given) {
    const bool stays = is_one_of(name, of_the_provider_alone) || starts_like(name, "access-control-");
    if (travels(name, value, connection) && !stays) fields.add(name, value);
  }
  return fields;
}

}  // namespace lightfast::proxy
