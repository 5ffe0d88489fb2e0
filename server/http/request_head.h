// Strict framing, before Beast sees a byte: what would let two parsers read one stream differently is refused
// (RFC 9112 sections 2.2, 3.2, 5, 6; request smuggling). Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lightfast::http {

struct HeadLimits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t target_bytes = 8 * 1024;
  std::size_t fields = 100;
};

// Length of the head at the start of `bytes`, its blank line included; nullopt while it has not all come. Where the
// bytes can no longer become a head (no token at the start, a bare LF), the length of what proves it: check_head()
// will refuse that, so nobody waits for the rest.
std::optional<std::size_t> find_head_end(std::string_view bytes);

struct Framing {
  bool is_http_1_0 = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;
  bool expects_continue = false;
};

// Checks a whole head: CRLF line ends only, one Host (none needed in 1.0), no obs-fold, no space before a colon, no
// control bytes, Transfer-Encoding exactly `chunked`, only in 1.1 and never with Content-Length, Content-Length once
// and digits only. Errc::invalid_request, uri_too_long, headers_too_large, expectation_failed; the answer to an error
// closes the connection.
Result<Framing> check_head(std::string_view head, const HeadLimits& limits);

// Why bytes that filled the limit without being a head are refused: uri_too_long or headers_too_large.
Error oversized_head(std::string_view bytes, const HeadLimits& limits);

}  // namespace lightfast::http
