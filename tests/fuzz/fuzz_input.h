// What the fuzz targets share: reading a little structure out of random bytes, and stopping where a promise is broken.
// One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace lightfast::fuzz {

// Ends the process, so that a fuzzer keeps the input and a test fails.
inline void expect(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// Bytes taken from the front; what is not there reads as zero or empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t take_byte() {
    const std::string_view byte = take(1);
    return byte.empty() ? 0 : static_cast<std::uint8_t>(byte.front());
  }

  std::uint64_t take_number() {
    std::uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | take_byte();
    return number;
  }

  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  // Up to the next line feed, without it.
  std::string_view take_line() {
    const std::string_view line = take(rest_.find('\n'));
    take(1);
    return line;
  }

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace lightfast::fuzz
