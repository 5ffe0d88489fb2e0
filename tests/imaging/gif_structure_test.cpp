#include <catch2/catch.hpp>

#include "server/imaging/decode_image.h"
#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

using namespace std::string_literals;

const std::string kData = "\5\x8C\x2D\x99\x87\x2A"s;  // one sub-block; the structure does not look into it

TEST_CASE("a GIF without a screen size is as large as its first frame") {
  std::string file = make_gif({});
  const auto facts = probe(patched(file, 6, "\0\0\0\0"s));
  REQUIRE(facts);
  CHECK(facts->width == 19);
  CHECK(facts->height == 15);
  CHECK(imaging::decode_image(bytes_of(patched(file, 6, "\0\0\0\0"s)), *facts));
}

TEST_CASE("a GIF against the format's rules is invalid") {
  const std::string screen = gif_screen(4, 4), frame = gif_frame(4, 4, kData);
  REQUIRE(probe(screen + frame + ";"));
  for (const auto& file : {
           screen + ";",
           screen + "!\xF9\4\0\0\0\0\0;"s,
           screen + frame,
           screen + frame + frame,
           screen + frame + "x;",
           screen + gif_frame(0, 4, kData) + ";",
           screen + gif_frame(4, 4, "") + ";",
           screen + patched(frame, 10, "\0"s) + ";",
           screen + patched(frame, 10, "\x0C"s) + ";",
           patched(screen, 10, "\x87"s) + frame + ";",
       }) {
    const auto facts = probe(file);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == Errc::invalid_image);
    CHECK_THAT(facts.error().detail, Catch::StartsWith("GIF: ") || Catch::Contains("pixels"));
  }
}

TEST_CASE("a GIF whose data ends before its rows do is refused by the decoder") {
  const std::string whole = make_gif({200, 120, 1});
  const std::size_t first_block = position_of(whole, ",") + 11;
  const auto length = static_cast<unsigned char>(whole[first_block]);
  REQUIRE(length == 255);
  const std::string cut = whole.substr(0, first_block + 1 + length) + "\0;"s;
  const auto facts = probe(cut);
  REQUIRE(facts);
  CHECK_FALSE(imaging::decode_image(bytes_of(cut), *facts));
}

}  // namespace
}  // namespace lightfast::test
