// multipart/form-data (RFC 7578) taken apart as it comes in, without holding a part in memory. One thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lightfast::http {

// The boundary of a Content-Type header, RFC 2046 section 5.1.1; nullopt when it is no multipart/form-data.
std::optional<std::string> multipart_boundary(std::string_view content_type);

class MultipartParser {
 public:
  explicit MultipartParser(std::string boundary);

  struct Part {
    std::string name;
    std::optional<std::string> filename;  // present on files
    std::string content_type;             // as claimed; empty if not given
  };
  enum class Event { need_more, part_begin, data, part_end, end };

  void feed(std::span<const std::byte> bytes);   // after next() said need_more
  void finish();                                 // no more bytes will come
  // The next thing in the bytes fed so far. Errc::invalid_request for broken syntax, a header block over 8 KB, more
  // than 1000 parts, or an end before the closing boundary.
  Result<Event> next();

  const Part& part() const;                      // after part_begin
  std::span<const std::byte> data() const;       // after data; valid until the next call

 private:
  std::string boundary_;
  std::string buffer_;
  std::size_t position_ = 0;
  std::size_t data_length_ = 0;
  std::size_t parts_ = 0;
  enum class State { preamble, headers, body, epilogue } state_ = State::preamble;
  bool finished_ = false;
  Part part_;
};

}  // namespace lightfast::http
