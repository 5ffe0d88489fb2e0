#include "server/http/request_head.h"

#include <algorithm>

#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

Error invalid(std::string detail) {
  return {Errc::invalid_request, std::move(detail)};
}

Error target_too_long(const HeadLimits& limits) {
  return {Errc::uri_too_long, "the request target is longer than " + std::to_string(limits.target_bytes) + " bytes"};
}

Error head_too_large(const HeadLimits& limits) {
  return {Errc::headers_too_large, "the request's header is over the " + std::to_string(limits.head_bytes) +
                                       " bytes or " + std::to_string(limits.fields) + " fields allowed"};
}

// What the fields seen so far say about where the message ends.
struct Seen {
  std::size_t fields = 0;
  bool host = false;
  bool transfer_encoding = false;
  bool connection_close = false;
  bool connection_keep_alive = false;
};

// "Transfer_Encoding" and the like: a hop before or behind us may fold them into the field that frames the message.
bool looks_like(std::string_view name, std::string_view framing_field) {
  const auto alike = [](char given, char expected) {
    const bool is_separator = expected == '-' && (given == '_' || given == '.' || given == '-');
    return is_separator || to_lower(given) == expected;
  };
  return name.size() == framing_field.size() && std::equal(name.begin(), name.end(), framing_field.begin(), alike);
}

// Visible characters of RFC 3986 but '#', which never travels; bytes above ASCII are let through, since clients send
// them and no parser ends a target there.
bool is_target_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && c != '#';
}

// uri-host [":" port] of RFC 3986, by its alphabet; a comma would be two hosts joined.
bool is_host(std::string_view value) {
  const auto allowed = [](char c) {
    return c != '\0' && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                         std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos);
  };
  return !value.empty() && std::all_of(value.begin(), value.end(), allowed);
}

Result<void> check_request_line(std::string_view line, const HeadLimits& limits, Framing& framing) {
  const auto method_end = line.find(' ');
  const auto version_at = line.rfind(' ');
  if (method_end == line.npos || version_at == method_end) {
    return invalid("the request line must be: method, target and HTTP version, with one space between");
  }
  const auto target = line.substr(method_end + 1, version_at - method_end - 1);
  if (target.size() > limits.target_bytes) return target_too_long(limits);
  if (!is_token(line.substr(0, method_end))) return invalid("the method is no token (RFC 9110 section 9.1)");
  if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_char)) {
    return invalid("the request target is empty, or holds a space, a control byte or a '#'; percent-encode them");
  }
  const auto version = line.substr(version_at + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return invalid("the HTTP version must be HTTP/1.1 or HTTP/1.0");
  framing.is_http_1_0 = version == "HTTP/1.0";
  return {};
}

Result<void> take_content_length(std::string_view value, Framing& framing) {
  if (framing.content_length) return invalid("Content-Length is given twice");
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  constexpr std::size_t max_digits = 18;  // well under 2^63, so nothing wraps
  if (value.empty() || value.size() > max_digits || !std::all_of(value.begin(), value.end(), is_digit)) {
    return invalid("Content-Length must be a number of bytes in decimal digits");
  }
  std::uint64_t length = 0;
  for (const char c : value) length = length * 10 + static_cast<unsigned>(c - '0');
  framing.content_length = length;
  return {};
}

Result<void> take_transfer_encoding(std::string_view value, Seen& seen, Framing& framing) {
  if (framing.is_http_1_0) return invalid("Transfer-Encoding does not exist in HTTP/1.0");
  if (seen.transfer_encoding) return invalid("Transfer-Encoding is given twice");
  if (!same_name(value, "chunked")) return invalid("the only Transfer-Encoding understood is: chunked");
  seen.transfer_encoding = true;
  framing.chunked = true;
  return {};
}

Result<void> take_expect(std::string_view value, Framing& framing) {
  if (framing.is_http_1_0) return {};  // RFC 9110 section 10.1.1: ignored there
  if (!same_name(value, "100-continue")) {
    return Error{Errc::expectation_failed, "the only expectation understood is: 100-continue"};
  }
  framing.expects_continue = true;
  return {};
}

Result<void> take_field(std::string_view name, std::string_view value, Seen& seen, Framing& framing) {
  if (same_name(name, "Host")) {
    if (seen.host) return invalid("Host is given twice");
    if (!is_host(value)) return invalid("Host must be one host name or address, with an optional port");
    seen.host = true;
    return {};
  }
  if (same_name(name, "Content-Length")) return take_content_length(value, framing);
  if (same_name(name, "Transfer-Encoding")) return take_transfer_encoding(value, seen, framing);
  if (same_name(name, "Expect")) return take_expect(value, framing);
  if (same_name(name, "Connection")) {
    seen.connection_close |= list_holds(value, "close");
    seen.connection_keep_alive |= list_holds(value, "keep-alive");
    return {};
  }
  if (looks_like(name, "content-length") || looks_like(name, "transfer-encoding")) {
    return invalid("a field is named almost as Content-Length or Transfer-Encoding");
  }
  return {};
}

Result<void> check_field(std::string_view line, Seen& seen, Framing& framing) {
  const auto colon = line.find(':');
  if (colon == line.npos) return invalid("a header line has no colon");
  const auto name = line.substr(0, colon);
  if (!is_token(name)) return invalid("a header field's name is no token, or has white space before its colon");
  return take_field(name, trim(line.substr(colon + 1)), seen, framing);
}

Result<void> check_whole(const Seen& seen, Framing& framing) {
  if (!seen.host && !framing.is_http_1_0) return invalid("Host is missing");
  if (seen.transfer_encoding && framing.content_length) {
    return invalid("Transfer-Encoding and Content-Length exclude each other");
  }
  framing.keep_alive = !seen.connection_close && (!framing.is_http_1_0 || seen.connection_keep_alive);
  return {};
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view bytes) {
  if (bytes.empty() || bytes == "\r") return std::nullopt;
  if (!is_token_char(bytes.front())) return bytes.front() == '\r' ? 2 : 1;
  for (auto at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) {
    if (bytes[at - 1] != '\r') return at + 1;
    const auto rest = bytes.substr(at + 1, 2);
    if (rest == "\r\n") return at + 3;
  }
  return std::nullopt;
}

Result<Framing> check_head(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.head_bytes) return oversized_head(head, limits);
  if (!head.ends_with("\r\n\r\n") || !has_strict_lines(head)) {
    return invalid("the header must be lines that end in CRLF, without control bytes and without folded lines");
  }
  Framing framing;
  Seen seen;
  bool is_first = true;
  while (head != "\r\n") {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (!is_first && ++seen.fields > limits.fields) return head_too_large(limits);
    const auto checked = is_first ? check_request_line(line, limits, framing) : check_field(line, seen, framing);
    if (!checked) return checked.error();
    is_first = false;
  }
  const auto checked = check_whole(seen, framing);
  if (!checked) return checked.error();
  return framing;
}

Error oversized_head(std::string_view bytes, const HeadLimits& limits) {
  const auto line = bytes.substr(0, bytes.find_first_of("\r\n"));
  const auto method_end = line.find(' ');
  const auto target = method_end == line.npos ? std::string_view() : line.substr(method_end + 1);
  const bool is_target = target.substr(0, target.find(' ')).size() > limits.target_bytes;
  return is_target ? target_too_long(limits) : head_too_large(limits);
}

}  // namespace lightfast::http
