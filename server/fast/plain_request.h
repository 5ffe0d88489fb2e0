// The small strict parser: reads a GET or HEAD of a hosted image that has nothing unusual about it, as most have. It
// never refuses anything: what it doesn't take as plain is the full parser's, which decides. Whatever it takes, the
// full parser takes too and reads the same way (tests/fuzz/plain_request_fuzz). Pure, allocates nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lightfast::fast {

// Views into the bytes it was parsed from.
struct PlainRequest {
  std::size_t size = 0;  // of the head, which is all there is
  bool is_head = false;
  bool keep_alive = true;

  // /v1/images/hosted/{user}/{id}[.{extension}], as it stands in the target: nothing is decoded.
  std::string_view path;  // of these three, with the slash and the dot
  std::string_view user;
  std::string_view id;
  std::string_view extension;  // empty: none

  // Values of the fields that matter to a stored file; empty: not given.
  std::string_view if_none_match;
  std::string_view if_modified_since;
  std::string_view range;
  std::string_view if_range;

  // Of those that tell who is calling, and from where.
  std::string_view real_ip;        // X-Real-IP
  std::string_view forwarded_for;  // X-Forwarded-For
  std::string_view origin;
  std::string_view referer;
};

// The request at the start of `bytes`; nullopt: it has not all come, or it is not plain. Not plain are other methods,
// targets and versions, a query, a body, bytes outside printable ASCII, and any field that means something to the
// full parser and is not listed above, or is given twice.
std::optional<PlainRequest> parse_plain_request(std::string_view bytes);

// "bytes=first-last" or "bytes=first-", one range that lies within `size` bytes; nullopt: anything else.
struct PlainRange {
  std::size_t first = 0;
  std::size_t length = 0;
};
std::optional<PlainRange> parse_plain_range(std::string_view value, std::size_t size);

}  // namespace lightfast::fast
