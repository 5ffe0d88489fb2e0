// An http or https URL taken apart without changing a byte: signed URLs are valid only as they were given.
// Stricter than RFC 3986 on purpose: what two parsers could read in two ways is refused, so that the host that was
// checked is the host that is called. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lightfast {

struct HttpUrl {
  std::string scheme;      // "http" or "https"
  std::string host;        // lower case; an IPv6 literal without its brackets
  std::uint16_t port = 0;  // the scheme's own where none is given
  bool is_ipv6_literal = false;
  std::string target;  // path and query byte for byte, at least "/"; the fragment is gone

  std::string authority() const;  // as the Host header has it: the default port left out
  std::string origin() const;     // scheme://authority, for comparing
  std::string str() const;        // origin and target
};

inline constexpr std::size_t max_url_bytes = 8192;

// Errc::invalid_request: no absolute URL, or longer than max_url_bytes. Errc::download_forbidden: another scheme than
// http or https, a user name, or a byte or host that is open to two readings (white space, control bytes, backslash,
// a host that is not plain ASCII).
Result<HttpUrl> parse_http_url(std::string_view text);

// Where a Location header of `base` points (RFC 3986 section 5.2), dot segments of a relative path resolved, all else
// byte for byte. Fails as parse_http_url does.
Result<HttpUrl> resolve_location(const HttpUrl& base, std::string_view location);

}  // namespace lightfast
