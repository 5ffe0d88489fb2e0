#include <catch2/catch.hpp>
#include <span>

#include "server/imaging/decode_image.h"
#include "server/imaging/image_probe.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::imaging {
namespace {

Bytes bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST_CASE("an image as its format's own library makes it is accepted, with its size and frames") {
  for (const auto& sample : test::all_samples()) {
    INFO(sample.name);
    const auto facts = probe(bytes_of(sample.bytes), Limits{});
    REQUIRE(facts);
    CHECK(facts->format == sample.format);
    CHECK(facts->width == sample.width);
    CHECK(facts->height == sample.height);
    CHECK(facts->frames == sample.frames);
    CHECK(decode_image(bytes_of(sample.bytes), *facts));
  }
}

// Every exemption from "what the library makes is accepted", with its reason.
TEST_CASE("a JPEG that browsers don't show is refused as unsupported, and told why") {
  test::JpegShape arithmetic;
  arithmetic.arithmetic = true;
  const auto facts = probe(bytes_of(test::make_jpeg(arithmetic)), Limits{});
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == Errc::unsupported_image);
  CHECK_THAT(facts.error().detail, Catch::Contains("arithmetic"));
}

TEST_CASE("a JPEG of 12 bits or of lossless coding is refused as unsupported") {
  const std::string whole = test::make_jpeg({});
  const std::size_t frame = whole.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  std::string deep = whole;
  deep[frame + 4] = 12;
  CHECK(probe(bytes_of(deep), Limits{}).error().code == Errc::unsupported_image);
  for (const char marker : {'\xC3', '\xC5', '\xC6', '\xC7', '\xC9', '\xCA', '\xCB', '\xCD', '\xCE', '\xCF'}) {
    std::string other = whole;
    other[frame + 1] = marker;
    CHECK(probe(bytes_of(other), Limits{}).error().code == Errc::unsupported_image);
  }
}

TEST_CASE("a JPEG with components sampled 2 to 3 is refused as unsupported: no decoder at hand has code for it") {
  test::JpegShape shape;
  shape.across[0] = 3;
  std::string uneven = test::make_jpeg(shape);
  const std::size_t frame = uneven.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  uneven[frame + 14] = '\x21';  // the second component's factors
  CHECK(probe(bytes_of(uneven), Limits{}).error().code == Errc::unsupported_image);
}

TEST_CASE("an image that is none of the five kinds is unsupported") {
  using namespace std::string_literals;
  for (const auto& text : {""s, "x"s, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"s, "%PDF-1.4"s, "BM"s, "II*\0"s,
                           "RIFF\4\0\0\0WAVE"s, "\0\0\0\x1C"s + "ftypheic\0\0\0\0mif1heic"s, "\x89PN"s, "GIF88a"s}) {
    INFO(text);
    const auto facts = probe(bytes_of(text), Limits{});
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == Errc::unsupported_image);
  }
}

}  // namespace
}  // namespace lightfast::imaging
