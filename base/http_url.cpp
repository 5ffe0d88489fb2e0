#include "base/http_url.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace lightfast {
namespace {

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Error forbidden(std::string detail) {
  return {Errc::download_forbidden, std::move(detail)};
}
Error invalid(std::string detail) {
  return {Errc::invalid_request, std::move(detail)};
}

// The length of a scheme with its colon at the start of `text`, or 0 (RFC 3986 section 3.1).
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i + 1;
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

bool has_ambiguous_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || byte == '\\';
  });
}

// A registered name or IPv4 address: letters, digits, '-', '_' and '.'. Nothing that needs decoding or IDNA, whose
// readings differ from library to library; such names have an ASCII form (xn--…).
bool is_plain_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_ipv6_text(std::string_view host) {
  return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
         });
}

Result<void> parse_port(std::string_view text, HttpUrl& url) {
  if (text.empty()) return {};  // "host:" is the default port (RFC 3986 section 3.2.3)
  unsigned port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    return invalid("the URL's port must be a number from 1 to 65535");
  }
  url.port = static_cast<std::uint16_t>(port);
  return {};
}

Result<void> parse_authority(std::string_view authority, HttpUrl& url) {
  if (authority.find('@') != std::string_view::npos) {
    return forbidden("the URL holds a user name or password, which is not allowed");
  }
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos || !is_ipv6_text(authority.substr(1, close - 1))) {
      return forbidden("the URL's host is not a plain IPv6 address");
    }
    url.host = lower(authority.substr(1, close - 1));
    url.is_ipv6_literal = true;
    const std::string_view rest = authority.substr(close + 1);
    if (rest.empty()) return {};
    if (rest[0] != ':') return forbidden("the URL's host is followed by something that is not a port");
    return parse_port(rest.substr(1), url);
  }
  const auto colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  if (host.empty()) return invalid("the URL has no host");
  if (!is_plain_host(host)) {
    return forbidden("the URL's host may hold only A-Z a-z 0-9 - _ . (international names in their xn-- form)");
  }
  url.host = lower(host);
  return colon == std::string_view::npos ? Result<void>() : parse_port(authority.substr(colon + 1), url);
}

// RFC 3986 section 5.2.4, for the path of a relative Location only: a URL given whole stays as it is.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_directory = false;
  std::size_t begin = 1;  // the path starts with '/'
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    ends_in_directory = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
    begin = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (ends_in_directory || out.empty()) out += '/';
  return out;
}

}  // namespace

std::string HttpUrl::authority() const {
  std::string out = is_ipv6_literal ? "[" + host + "]" : host;
  if (port != (scheme == "https" ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

std::string HttpUrl::origin() const {
  return scheme + "://" + authority();
}

std::string HttpUrl::str() const {
  return origin() + target;
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  if (text.empty()) return invalid("the URL is empty");
  if (text.size() > max_url_bytes) {
    return invalid("the URL is longer than " + std::to_string(max_url_bytes) + " bytes");
  }
  const std::size_t scheme_end = scheme_length(text);
  if (scheme_end == 0) return invalid("the URL must start with http:// or https://");
  HttpUrl url;
  url.scheme = lower(text.substr(0, scheme_end - 1));
  if (url.scheme != "http" && url.scheme != "https") {
    return forbidden("only http and https URLs are fetched, not " + url.scheme + ":");
  }
  if (has_ambiguous_byte(text)) return forbidden("the URL holds white space, a control byte or a backslash");
  text.remove_prefix(scheme_end);
  if (!text.starts_with("//")) return forbidden("the URL must start with http:// or https://");
  text.remove_prefix(2);
  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  url.port = url.scheme == "https" ? 443 : 80;
  if (const auto parsed = parse_authority(text.substr(0, authority_end), url); !parsed) return parsed.error();
  text.remove_prefix(authority_end);
  text = text.substr(0, text.find('#'));
  url.target = text.starts_with('/') ? std::string(text) : "/" + std::string(text);
  return url;
}

Result<HttpUrl> resolve_location(const HttpUrl& base, std::string_view location) {
  // Servers do send raw spaces here; nothing else is mended.
  std::string mended;
  for (const char c : location) mended += c == ' ' ? std::string("%20") : std::string(1, c);
  const std::string_view reference = mended;
  if (scheme_length(reference) != 0) return parse_http_url(reference);
  if (reference.starts_with("//")) return parse_http_url(base.scheme + ":" + mended);
  if (reference.empty() || reference[0] == '#') return base;

  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  const std::size_t path_end = std::min(reference.find_first_of("?#"), reference.size());
  std::string path(reference.substr(0, path_end));
  if (path.empty()) {
    path = base_path;
  } else if (path[0] != '/') {
    path = remove_dot_segments(std::string(base_path.substr(0, base_path.rfind('/') + 1)) + path);
  } else {
    path = remove_dot_segments(path);
  }
  return parse_http_url(base.origin() + path + std::string(reference.substr(path_end)));
}

}  // namespace lightfast
