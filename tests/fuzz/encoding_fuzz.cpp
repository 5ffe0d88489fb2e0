// Text in the encodings that callers send: base64, percent, hex, UTF-8.
#include "base/encoding.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  expect(from_base64(to_base64(text)) == text, "base64 and back");
  expect(from_base64(to_base64url(text)) == text, "base64url and back");
  expect(from_hex(to_hex(text)) == text, "hex and back");
  if (text.find('\0') == text.npos) expect(percent_decode(percent_encode(text)) == text, "percent and back");

  if (const auto bytes = from_base64(text)) {
    expect(bytes->size() <= text.size() / 4 * 3 + 2, "base64 makes nothing longer");
    expect(from_base64(to_base64(*bytes)) == bytes, "what base64 gave can be written again");
  }
  if (const auto bytes = from_hex(text)) expect(bytes->size() * 2 == text.size(), "two digits are a byte");
  if (const auto bytes = percent_decode(text)) {
    expect(bytes->size() <= text.size(), "percent makes nothing longer");
    const bool has_nul = text.find('\0') != text.npos;
    expect(has_nul || bytes->find('\0') == std::string::npos, "percent makes no NUL");
  }
  // Two pieces of UTF-8 are UTF-8 together, and one broken piece breaks both.
  const auto half = text.substr(0, text.size() / 2);
  const auto other = text.substr(half.size());
  if (is_utf8(half)) expect(is_utf8(other) == is_utf8(text), "UTF-8 joins");
  return 0;
}
