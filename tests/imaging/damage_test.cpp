#include <catch2/catch.hpp>

#include "server/imaging/decode_image.h"
#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

// Whether both the structure and the decoder take it.
bool is_accepted(const std::string& file) {
  const auto facts = probe(file);
  return facts && imaging::decode_image(bytes_of(file), *facts);
}

TEST_CASE("a PNG with any one bit flipped is refused by its structure") {
  for (const auto& sample : png_samples()) {
    INFO(sample.name);
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < sample.bytes.size() * 8; ++bit) {
      std::string flipped = sample.bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      if (probe(flipped)) ++accepted;
    }
    CHECK(accepted == 0);
  }
}

TEST_CASE("a PNG whose pixels are damaged under a right CRC is refused by the decoder") {
  const std::string stream = png_pixels(40, 40, 'x');
  const auto file_of = [](const std::string& pixels) {
    return png_file(png_header(40, 40) + png_chunk("IDAT", pixels) + png_chunk("IEND", ""));
  };
  REQUIRE(is_accepted(file_of(stream)));
  CHECK(is_accepted(file_of(stream + "more")));  // passed over, as other decoders do
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    INFO(cut);
    CHECK_FALSE(is_accepted(file_of(stream.substr(0, stream.size() - cut))));
  }
  for (std::size_t at = stream.size() - 4; at < stream.size(); ++at) {  // the checksum
    CHECK_FALSE(is_accepted(file_of(patched(stream, at, std::string(1, static_cast<char>(stream[at] ^ 0x10))))));
  }
  CHECK_FALSE(is_accepted(file_of(png_pixels(40, 39))));
  CHECK_FALSE(is_accepted(file_of(png_pixels(40, 41))));
  CHECK_FALSE(is_accepted(file_of(deflated(repeated('\5' + std::string(40, '\0'), 40)))));  // no such filter
}

TEST_CASE("a frame of an animated PNG is decoded as well") {
  const std::string whole = animated_png(40, 40, 3);
  REQUIRE(is_accepted(whole));
  const std::string pixels = png_pixels(40, 40, 2);
  const std::string good = png_chunk("fdAT", be32(4) + pixels);
  const std::string bad = png_chunk("fdAT", be32(4) + pixels.substr(0, pixels.size() - 5) + "xxxxx");
  const std::string broken = patched(whole, position_of(whole, good), bad);
  CHECK(probe(broken));
  CHECK_FALSE(is_accepted(broken));
}

TEST_CASE("a JPEG that lost part of a scan, its end marker put back, is refused by the decoder") {
  for (const auto& sample : jpeg_samples()) {
    if (sample.width < 30 || sample.height < 20) continue;  // too few codes to lose some and notice
    INFO(sample.name);
    const std::size_t scan = sample.bytes.rfind("\xFF\xDA");
    const std::size_t first = scan + 14, last = sample.bytes.size() - 2;
    if (last - first < 40) continue;  // the last scan of a progressive image may code all in few bytes
    CHECK_FALSE(is_accepted(sample.bytes.substr(0, first + (last - first) / 2) + "\xFF\xD9"));
  }
}

TEST_CASE("a JPEG that lacks codes is told so in words") {
  const std::string whole = make_jpeg({});
  const std::size_t scan = position_of(whole, "\xFF\xDA");
  const std::string cut = whole.substr(0, scan + 200) + "\xFF\xD9";
  const auto facts = probe(cut);
  REQUIRE(facts);
  CHECK(imaging::decode_image(bytes_of(cut), *facts).error().detail ==
        "JPEG: Corrupt JPEG data: premature end of data segment");
}

TEST_CASE("bytes after the end make a PNG, WebP or AVIF invalid, after a JPEG or GIF they are nobody's business") {
  using namespace std::string_literals;
  for (const auto& sample : all_samples()) {
    INFO(sample.name);
    const bool allowed = sample.format == imaging::Format::jpeg || sample.format == imaging::Format::gif;
    for (const auto& tail : {"\0"s, "\n"s, "<script>alert(1)</script>"s, std::string(4096, '\xA5'), "PK\3\4"s}) {
      CHECK(is_accepted(sample.bytes + tail) == allowed);
    }
  }
}

}  // namespace
}  // namespace lightfast::test
