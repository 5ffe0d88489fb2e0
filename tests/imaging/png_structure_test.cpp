#include <catch2/catch.hpp>

#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

using namespace std::string_literals;

const std::string kHeader = png_header(4, 4);
const std::string kPixels = png_chunk("IDAT", png_pixels(4, 4));
const std::string kEnd = png_chunk("IEND", "");
const std::string kIndexed = png_header(4, 4, 2, 3);
const std::string kPalette = png_chunk("PLTE", "abcdef");

TEST_CASE("a PNG's chunks may stand in any order that the format allows") {
  const std::string half = png_pixels(4, 4);
  const std::string two_parts =
      png_chunk("IDAT", half.substr(0, 5)) + png_chunk("IDAT", "") + png_chunk("IDAT", half.substr(5));
  for (const auto& chunks : {
           kHeader + kPixels + kEnd, kHeader + two_parts + kEnd,
           kHeader + png_chunk("tEXt", "Title\0x"s) + kPixels + png_chunk("tIME", "1234567") + kEnd,
           kHeader + png_chunk("abCd", "private") + kPixels + png_chunk("zzZz", "") + kEnd,
           kHeader + png_chunk("zTXt", "k\0\0broken"s) + kPixels + kEnd,
           kIndexed + kPalette + png_chunk("tRNS", "x") + kPixels + kEnd,
           png_header(4, 4, 8, 2) + kPalette + kPixels + kEnd,
           kHeader + kPixels + png_chunk("acTL", be32(9) + be32(0)) + png_frame(7, 1, 1) + kEnd,  // too late to count
       }) {
    const auto facts = probe(png_file(chunks));
    CHECK(facts);
    if (facts) CHECK(facts->frames == 1);
  }
}

TEST_CASE("a PNG against the format's rules is invalid") {
  for (const auto& chunks : {
           ""s,
           kEnd,
           kPixels + kEnd,
           kHeader,
           kHeader + kEnd,
           kHeader + kPixels,
           kHeader + kPixels + kEnd + kEnd,
           kHeader + kPixels + kEnd + "\n",
           kHeader + kPixels + png_chunk("IEND", "x"),
           kHeader + kHeader + kPixels + kEnd,
           kPalette + kHeader + kPixels + kEnd,
           kHeader + kPixels + png_chunk("tEXt", "k") + kPixels + kEnd,
           kHeader + png_chunk("IDAT", "") + kEnd,
           kHeader + png_chunk("ABCD", "critical, unknown") + kPixels + kEnd,
           kHeader + png_chunk("1234", "") + kPixels + kEnd,
           kHeader + kPalette + kPixels + kEnd,
           kIndexed + kPixels + kEnd,
           kIndexed + kPixels + kPalette + kEnd,
           kIndexed + kPalette + kPalette + kPixels + kEnd,
           kIndexed + png_chunk("PLTE", "") + kPixels + kEnd,
           kIndexed + png_chunk("PLTE", "abcd") + kPixels + kEnd,
           kIndexed + png_chunk("PLTE", std::string(15, 'x')) + kPixels + kEnd,
           png_header(4, 4, 3, 0) + kPixels + kEnd,
           png_header(4, 4, 16, 3) + kPalette + kPixels + kEnd,
           png_header(4, 4, 4, 2) + kPixels + kEnd,
           png_header(4, 4, 8, 1) + kPixels + kEnd,
           png_header(4, 4, 8, 7) + kPixels + kEnd,
           png_header(4, 4, 8, 0, 2) + kPixels + kEnd,
           png_chunk("IHDR", be32(4) + be32(4) + "\x08") + kPixels + kEnd,
           png_chunk("IHDR", be32(4) + be32(4) + "\x08\x00\x01\x00\x00"s) + kPixels + kEnd,
           png_chunk("IHDR", be32(4) + be32(4) + "\x08\x00\x00\x01\x00"s) + kPixels + kEnd,
       }) {
    const auto facts = probe(png_file(chunks));
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == Errc::invalid_image);
    CHECK_THAT(facts.error().detail, Catch::StartsWith("PNG: "));
  }
}

TEST_CASE("a PNG whose signature was damaged in transfer is invalid, not unknown") {
  std::string file = make_png({});
  file.erase(4, 1);  // CR, as a text-mode transfer drops it
  CHECK(probe(file).error().code == Errc::invalid_image);
}

TEST_CASE("an animated PNG has as many frames as it says, in order, and all within the canvas") {
  const std::string control = png_chunk("acTL", be32(2) + be32(0));
  const std::string first = png_frame(0, 4, 4), second = png_frame(1, 4, 4);
  const auto pixels = [](std::uint32_t sequence) { return png_chunk("fdAT", be32(sequence) + png_pixels(4, 4)); };
  const auto facts = probe(png_file(kHeader + control + first + kPixels + second + pixels(2) + kEnd));
  REQUIRE(facts);
  CHECK(facts->frames == 2);
  const std::string default_apart = kHeader + control + kPixels + first + pixels(1) + png_frame(2, 2, 2) + pixels(3);
  CHECK(probe(png_file(default_apart + kEnd)));
  for (const auto& chunks : {
           kHeader + control + first + kPixels + kEnd,
           kHeader + control + first + kPixels + second + kEnd,
           kHeader + control + first + kPixels + second + pixels(3) + kEnd,
           kHeader + control + first + kPixels + png_frame(2, 4, 4) + pixels(3) + kEnd,
           kHeader + control + first + kPixels + png_frame(1, 5, 4) + pixels(2) + kEnd,
           kHeader + control + first + kPixels + png_frame(1, 0, 4) + pixels(2) + kEnd,
           kHeader + control + first + kPixels + pixels(1) + second + kEnd,
           kHeader + control + png_frame(0, 2, 2) + kPixels + second + pixels(2) + kEnd,
           kHeader + control + first + second + kPixels + kEnd,
           kHeader + control + first + kPixels + second + pixels(2) + png_frame(3, 4, 4) + pixels(4) + kEnd,
           kHeader + control + control + first + kPixels + second + pixels(2) + kEnd,
           kHeader + png_chunk("acTL", be32(0) + be32(0)) + kPixels + kEnd,
           kHeader + png_chunk("acTL", "short") + kPixels + kEnd,
       }) {
    CHECK(probe(png_file(chunks)).error().code == Errc::invalid_image);
  }
}

}  // namespace
}  // namespace lightfast::test
