// What must hold between the two parsers, whatever the bytes: a request that the small one takes, the full one takes
// too, and reads the same way. For the tests of server/fast and its fuzz target. Pure.
#pragma once

#include <string>
#include <string_view>

#include "server/fast/plain_request.h"
#include "server/http/message_parser.h"
#include "server/http/range.h"
#include "server/http/request_head.h"
#include "server/http/request_target.h"

namespace lightfast::test {
namespace agreement {

inline std::string in_full(std::string_view bytes, const fast::PlainRequest& plain) {
  const http::HeadLimits limits;
  const auto size = http::find_head_end(bytes);
  if (size != plain.size) return "where the head ends";
  const auto head = bytes.substr(0, *size);
  const auto framing = http::check_head(head, limits);
  if (!framing) return "whether it is a request: " + framing.error().detail;
  if (framing->is_http_1_0 || framing->chunked || framing->content_length || framing->expects_continue) {
    return "whether a body comes";
  }
  if (framing->keep_alive != plain.keep_alive) return "whether the connection stays";

  http::Request request;
  http::MessageParser parser;
  const auto parsed = parser.parse_head(head, request);
  if (!parsed) return "whether Beast takes it: " + parsed.error().detail;
  if (request.method != (plain.is_head ? http::Method::head : http::Method::get)) return "the method";
  if (const auto target = http::parse_target(request); !target) return "the target: " + target.error().detail;
  const std::string path = "/v1/images/hosted/" + std::string(plain.path);
  if (request.path != path || request.target != path || !request.query.all().empty()) return "the path";

  const auto same = [&](std::string_view name, std::string_view value) {
    const auto* found = request.headers.find(name);
    return value.empty() ? found == nullptr || found->empty() : request.headers.combined(name) == value;
  };
  if (!same("If-None-Match", plain.if_none_match)) return "If-None-Match";
  if (!same("If-Modified-Since", plain.if_modified_since)) return "If-Modified-Since";
  if (!same("Range", plain.range)) return "Range";
  if (!same("If-Range", plain.if_range)) return "If-Range";
  if (!same("X-Real-IP", plain.real_ip)) return "X-Real-IP";
  if (!same("X-Forwarded-For", plain.forwarded_for)) return "X-Forwarded-For";
  if (!same("Origin", plain.origin)) return "Origin";
  if (!same("Referer", plain.referer)) return "Referer";
  for (const char* name : {"If-Match", "If-Unmodified-Since", "Authorization", "X-Request-Id", "Expect"}) {
    if (request.headers.find(name)) return std::string("whether it matters that there is ") + name;
  }
  return {};
}

inline std::string in_range(std::string_view value) {
  constexpr std::size_t size = 1000;
  const auto plain = fast::parse_plain_range(value, size);
  if (!plain) return {};
  const auto choice = http::choose_ranges(value, size);
  const bool same = choice.kind == http::RangeChoice::Kind::partial && choice.ranges.size() == 1 &&
                    choice.ranges[0].first == plain->first && choice.ranges[0].length() == plain->length;
  return same ? "" : "the range";
}

}  // namespace agreement

// Empty, or what the parsers disagree about. `is_plain` (may be null): whether the small parser took it.
inline std::string disagreement(std::string_view bytes, bool* is_plain = nullptr) {
  const auto plain = fast::parse_plain_request(bytes);
  if (is_plain) *is_plain = plain.has_value();
  if (!plain) return {};
  auto difference = agreement::in_full(bytes, *plain);
  return difference.empty() ? agreement::in_range(plain->range) : difference;
}

}  // namespace lightfast::test
