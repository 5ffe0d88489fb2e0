#include "server/fast/plain_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "server/http/http_text.h"
#include "server/http/request_head.h"

namespace lightfast::fast {
namespace {

using http::same_name;

constexpr std::string_view kPath = "/v1/images/hosted/";
constexpr std::string_view kVersion = " HTTP/1.1\r\n";
constexpr std::size_t kIdSize = 30;  // "img_" and a ULID

// What may stand where. Narrower than the full parser's alphabets (server/http/http_text), never wider.
enum CharKind : unsigned char { in_value = 1, in_name = 2, in_host = 4, in_user = 8, in_hex = 16 };

constexpr auto kKinds = [] {
  std::array<unsigned char, 256> kinds{};
  for (int c = 0x20; c < 0x7f; ++c) kinds[static_cast<std::size_t>(c)] = in_value;
  const auto add = [&kinds](char first, char last, int kind) {
    for (int c = first; c <= last; ++c) kinds[static_cast<std::size_t>(c)] |= static_cast<unsigned char>(kind);
  };
  add('a', 'z', in_name | in_host | in_user);
  add('A', 'Z', in_name | in_host | in_user);
  add('0', '9', in_name | in_host | in_user | in_hex);
  add('a', 'f', in_hex);
  add('A', 'F', in_hex);
  add('-', '-', in_name | in_host | in_user);
  for (const char c : {'.', ':'}) add(c, c, in_host | in_user);
  for (const char c : {'[', ']'}) add(c, c, in_host);
  for (const char c : {'_', '@', '|', '+', '=', '~'}) add(c, c, in_user);
  return kinds;
}();

bool is(char c, CharKind kind) {
  return (kKinds[static_cast<unsigned char>(c)] & kind) != 0;
}

// Takes off the front of `rest` what is of `kind`.
std::string_view take(std::string_view& rest, CharKind kind) {
  std::size_t size = 0;
  while (size < rest.size() && is(rest[size], kind)) ++size;
  const auto taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

bool skip(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

bool are(std::string_view text, CharKind kind) {
  return std::all_of(text.begin(), text.end(), [kind](char c) { return is(c, kind); });
}

// The alphabet of UserId, and what has the form of an escape.
bool is_user(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is(text[i], in_user)) continue;
    const auto digits = text.substr(i + 1, 2);
    if (text[i] != '%' || digits.size() != 2 || !are(digits, in_hex) || digits == "00") return false;
    i += 2;
  }
  return !text.empty();
}

bool take_request_line(std::string_view& rest, PlainRequest& request) {
  request.is_head = rest.starts_with("HEAD ");
  if (!skip(rest, request.is_head ? "HEAD " : "GET ") || !skip(rest, kPath)) return false;
  const auto end = rest.find_first_of(" \r");
  if (end == rest.npos) return false;
  const auto path = rest.substr(0, end);
  rest.remove_prefix(end);
  const auto slash = path.find('/');
  if (slash == path.npos || path.size() < slash + 1 + kIdSize) return false;
  request.path = path;
  request.user = path.substr(0, slash);
  request.id = path.substr(slash + 1, kIdSize);
  auto suffix = path.substr(slash + 1 + kIdSize);
  if (skip(suffix, ".")) {
    request.extension = suffix;
    if (suffix.empty()) return false;
  } else if (!suffix.empty()) {
    return false;
  }
  const bool is_plain = is_user(request.user) && are(request.id.substr(4), in_name) && request.id.starts_with("img_") &&
                        are(request.extension, in_name);
  return is_plain && skip(rest, kVersion);
}

// Takes a value that may be given once.
bool take_once(std::string_view& field, std::string_view value) {
  if (!field.empty() || value.empty()) return false;
  field = value;
  return true;
}

// Whether the full parser, or a handler, gives meaning to a field of this name that isn't read here.
bool means_something(std::string_view name) {
  switch (name.size()) {
    case 6: return same_name(name, "Expect");
    case 8: return same_name(name, "If-Match");
    case 12: return same_name(name, "X-Request-Id");
    case 13: return same_name(name, "Authorization");
    // Content-Length, Transfer-Encoding, and what could be taken for one of them.
    case 14: return http::to_lower(name[0]) == 'c';
    case 16: return same_name(name, "Proxy-Connection");
    case 17: return http::to_lower(name[0]) == 't';
    case 19: return same_name(name, "If-Unmodified-Since");
    default: return false;
  }
}

bool take_connection(std::string_view value, PlainRequest& request, bool& seen) {
  if (seen) return false;
  seen = true;
  request.keep_alive = !same_name(value, "close");
  return !request.keep_alive || same_name(value, "keep-alive");
}

struct Seen {
  std::string_view host;
  bool connection = false;
};

// Where the value of a field is kept; null: it is not read. By length, since most fields are none of these.
std::string_view* place_of(std::string_view name, PlainRequest& request, Seen& seen) {
  const auto if_it_is = [name](std::string_view known, std::string_view& place) {
    return same_name(name, known) ? &place : nullptr;
  };
  switch (name.size()) {
    case 4: return if_it_is("Host", seen.host);
    case 5: return if_it_is("Range", request.range);
    case 6: return if_it_is("Origin", request.origin);
    case 7: return if_it_is("Referer", request.referer);
    case 8: return if_it_is("If-Range", request.if_range);
    case 9: return if_it_is("X-Real-IP", request.real_ip);
    case 13: return if_it_is("If-None-Match", request.if_none_match);
    case 15: return if_it_is("X-Forwarded-For", request.forwarded_for);
    case 17: return if_it_is("If-Modified-Since", request.if_modified_since);
    default: return nullptr;
  }
}

bool take_field(std::string_view name, std::string_view value, PlainRequest& request, Seen& seen) {
  auto* const place = place_of(name, request, seen);
  if (place) return take_once(*place, value);
  if (same_name(name, "Connection")) return take_connection(value, request, seen.connection);
  return !means_something(name);
}

}  // namespace

std::optional<PlainRequest> parse_plain_request(std::string_view bytes) {
  std::string_view rest = bytes;
  PlainRequest request;
  if (!take_request_line(rest, request)) return std::nullopt;
  Seen seen;
  const http::HeadLimits limits;
  for (std::size_t fields = 0; !skip(rest, "\r\n"); ++fields) {
    const auto name = take(rest, in_name);
    if (fields == limits.fields || name.empty() || !skip(rest, ":")) return std::nullopt;
    const auto value = http::trim(take(rest, in_value));
    if (!skip(rest, "\r\n") || !take_field(name, value, request, seen)) return std::nullopt;
  }
  request.size = bytes.size() - rest.size();
  if (seen.host.empty() || !are(seen.host, in_host) || request.size > limits.head_bytes) return std::nullopt;
  return request;
}

std::optional<PlainRange> parse_plain_range(std::string_view value, std::size_t size) {
  if (!skip(value, "bytes=")) return std::nullopt;
  const char* const end = value.data() + value.size();
  std::size_t first = 0;
  std::size_t last = size - 1;
  const auto [dash, no_first] = std::from_chars(value.data(), end, first);
  if (no_first != std::errc() || dash == end || *dash != '-') return std::nullopt;
  if (dash + 1 != end) {
    const auto [stop, no_last] = std::from_chars(dash + 1, end, last);
    if (no_last != std::errc() || stop != end) return std::nullopt;
  }
  if (first > last || last >= size) return std::nullopt;
  return PlainRange{first, last - first + 1};
}

}  // namespace lightfast::fast
