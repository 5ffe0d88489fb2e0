// multipart/form-data (RFC 7578) taken apart as it comes in, without holding a part in memory. One thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lightfast::http {

// The boundary of a Content-Type header, RFC 2046 section 5.1.1; nullopt when it is no multipart/form-data or names no
// valid boundary.
std::optional<std::string> multipart_boundary(std::string_view content_type);

class MultipartParser {
 public:
  explicit MultipartParser(std::string_view boundary);

  struct Part {
    std::string name;
    std::optional<std::string> filename;  // present on files
    std::string content_type;             // as claimed; empty if not given
  };
  enum class Event { need_more, part_begin, data, part_end, end };

  void feed(std::span<const std::byte> bytes);   // after next() said need_more
  void finish();                                 // no more bytes will come
  // The next thing in the bytes fed so far. Errc::invalid_request for broken syntax, a header block over 8 KB, more
  // than 1000 parts, or an end before the closing boundary. After an error or `end` it says the same again.
  Result<Event> next();

  const Part& part() const { return part_; }     // after part_begin
  std::span<const std::byte> data() const;       // after data; valid until the next call

 private:
  enum class State { preamble, boundary_line, headers, body_start, body, epilogue, failed };

  std::string_view unread() const { return std::string_view(buffer_).substr(position_); }
  Result<Event> more_wanted();
  Result<Event> fail(Error error);
  Result<Event> read_preamble();
  Result<Event> read_boundary_line();
  Result<Event> read_headers();
  Result<Event> read_body_start();
  Result<Event> read_body();

  std::string delimiter_;         // CRLF "--" boundary; the first stands behind a CRLF that we put there ourselves
  std::string buffer_;            // what was fed and not yet consumed, and before `position_` what was
  std::size_t position_ = 0;
  std::size_t data_length_ = 0;   // of the piece last handed out, at `position_`
  std::size_t parts_ = 0;
  State state_ = State::preamble;
  bool finished_ = false;
  Part part_;
  Error error_;
};

}  // namespace lightfast::http
