#include <catch2/catch.hpp>

#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

using namespace std::string_literals;

// `whole` with a piece put in before its segment `marker`.
std::string with(const std::string& whole, const std::string& marker, const std::string& piece) {
  std::string changed = whole;
  return changed.insert(position_of(whole, marker), piece);
}

// `whole` without its segments of that kind.
std::string without(std::string whole, const std::string& marker) {
  for (std::size_t at; (at = whole.find(marker)) != std::string::npos;) {
    whole.erase(at, 2 + (static_cast<unsigned char>(whole[at + 2]) << 8 | static_cast<unsigned char>(whole[at + 3])));
  }
  return whole;
}

TEST_CASE("a JPEG may have fill bytes, padding and segments nobody knows") {
  const std::string whole = make_jpeg({});
  CHECK(probe(with(whole, "\xFF\xDA", "\xFF\xFF\xFF")));
  CHECK(probe(with(whole, "\xFF\xDB", jpeg_segment('\xE9', "anything \xFF\xD9 at all"))));
  CHECK(probe(with(whole, "\xFF\xDB", jpeg_segment('\xFE', ""))));
  CHECK(probe(whole.substr(0, whole.size() - 2) + "\0\0\xFF\xFF\xD9"s));
}

TEST_CASE("a JPEG against the format's rules is invalid") {
  const std::string whole = make_jpeg({});
  const std::size_t frame = position_of(whole, "\xFF\xC0"), scan = position_of(whole, "\xFF\xDA");
  const std::string frame_segment = whole.substr(frame, 2 + 17);
  for (const auto& file : {
           without(whole, "\xFF\xC4"),                                // no Huffman tables
           without(whole, "\xFF\xDB"),                                // no quantization tables
           without(whole, "\xFF\xC0"),                                // no frame
           with(whole, "\xFF\xDA", frame_segment),                    // two
           with(whole, "\xFF\xDA", jpeg_segment('\xDC', "\0\x1D"s)),  // DNL
           with(whole, "\xFF\xDA", "\xFF\xD8"),                       // SOI within
           with(whole, "\xFF\xDA", "\xFF\xD0"),                       // a restart outside a scan
           with(whole, "\xFF\xDA", "x"),                              // neither segment nor padding
           with(whole, "\xFF\xDA", "\xFF\xE5\0\1"s),                  // a segment shorter than its length
           with(whole, "\xFF\xDA", jpeg_segment('\xC4', "\0\1"s)),    // a cut Huffman table
           with(whole, "\xFF\xDA", jpeg_segment('\xC4', "\x20"s + std::string(16, '\0'))),
           with(whole, "\xFF\xDA", jpeg_segment('\xC4', "\0"s + std::string(16, '\x20') + std::string(512, 'x'))),
           with(whole, "\xFF\xDA", jpeg_segment('\xDB', "\x04"s + std::string(64, '\1'))),
           with(whole, "\xFF\xDA", jpeg_segment('\xDB', "\x10"s + std::string(64, '\1'))),
           patched(whole, frame + 9, "\0"s),     // no components
           patched(whole, frame + 9, "\5"s),     // five
           patched(whole, frame + 11, "\x01"s),  // sampled 0 x 1
           patched(whole, frame + 11, "\x51"s),  // 5 x 1
           patched(whole, frame + 12, "\x04"s),  // table 4
           patched(whole, frame + 13, "\x01"s),  // an id twice
           patched(whole, scan + 5, "\x09"s),    // a component that is not there
           patched(whole, scan + 5, "\x02"s),    // one twice
           patched(whole, scan + 6, "\x33"s),    // tables that are not defined
           patched(whole, scan + 11, "\x01"s),   // not from the first coefficient
           whole.substr(0, scan) + "\xFF\xD9",   // no scan
           whole.substr(0, 2) + "\xFF\xD9",
       }) {
    const auto facts = probe(file);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == Errc::invalid_image);
    CHECK_THAT(facts.error().detail, Catch::StartsWith("JPEG: "));
  }
}

TEST_CASE("a JPEG that lacks the scan of one of its components is invalid") {
  JpegShape shape;
  shape.one_scan_each = true;
  const std::string whole = make_jpeg(shape);
  const std::size_t last = whole.rfind("\xFF\xDA");
  CHECK(probe(whole));
  CHECK(probe(whole.substr(0, last) + "\xFF\xD9").error().code == Errc::invalid_image);
}

TEST_CASE("pictures after a JPEG's end are walked to their own end, anything else is not looked at") {
  const std::string first = make_jpeg({}), second = make_jpeg({}), png = make_png({});
  CHECK(probe(first + second));
  CHECK(probe(first + second + second + "tail"));
  CHECK(probe(first + png.substr(0, 20)));
  CHECK_FALSE(probe(first + second.substr(0, second.size() - 1)));
  CHECK_FALSE(probe(first + second + second.substr(0, 100)));
}

}  // namespace
}  // namespace lightfast::test
