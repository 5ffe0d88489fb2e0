#include <catch2/catch.hpp>

#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

using namespace std::string_literals;

TEST_CASE("a WebP may carry profiles, metadata and chunks nobody knows") {
  const std::string image = webp_lossless(8, 6);
  for (const auto& chunks : {
           image,
           image + webp_chunk("abcd", "odd"),
           webp_canvas(0, 8, 6) + webp_chunk("ICCP", "x") + image + webp_chunk("EXIF", "x") + webp_chunk("XMP ", ""),
           webp_canvas(2, 8, 6) + webp_chunk("ANIM", "123456") + webp_frame(8, 6, image) +
               webp_frame(4, 4, webp_lossless(4, 4) + webp_chunk("abcd", "x")),
       }) {
    CHECK(probe(webp_file(chunks)));
  }
}

TEST_CASE("a WebP against the format's rules is invalid") {
  const std::string image = webp_lossless(8, 6);
  const std::string lossy = webp_chunk("VP8 ", le24(0) + "\x9D\x01\x2A" + le16(8) + le16(6));
  for (const auto& file : {
           webp_file(""),
           webp_file(webp_chunk("ICCP", "x") + image),
           webp_file(webp_canvas(0, 8, 6)),
           webp_file(webp_canvas(0, 8, 7) + image),
           webp_file(webp_canvas(0, 8, 6) + webp_canvas(0, 8, 6) + image),
           webp_file(webp_canvas(0, 8, 6) + image + image),
           webp_file(webp_chunk("VP8X", "short") + image),
           webp_file(webp_canvas(2, 8, 6) + image),
           webp_file(webp_canvas(2, 8, 6) + webp_frame(9, 6, webp_lossless(9, 6))),
           webp_file(webp_canvas(2, 8, 6) + webp_frame(8, 6, webp_lossless(8, 5))),
           webp_file(webp_canvas(2, 8, 6) + webp_frame(8, 6, "")),
           webp_file(webp_canvas(2, 8, 6) + webp_frame(8, 6, image + image)),
           webp_file(webp_canvas(2, 8, 6) + webp_chunk("ANMF", "short")),
           webp_file(webp_canvas(2, 8, 6) + webp_frame(8, 6, patched(image, 4, le32(900)))),
           webp_file(webp_chunk("VP8L", "\x2E" + std::string(8, '\0'))),
           webp_file(webp_chunk("VP8L", "\x2F\0\0"s)),
           webp_file(webp_chunk("VP8 ", "short")),
           webp_file(patched(lossy, 8, "\x01")),           // not a key frame
           webp_file(patched(lossy, 11, "\x9E")),          // no start code
           webp_file(patched(lossy, 8, le24(100u << 5))),  // a partition beyond the chunk
           webp_file(image).substr(0, 13),
           patched(webp_file(image), 4, le32(4)),
           patched(webp_file(image), 16, le32(9)),
           webp_file(image) + "x",
       }) {
    const auto facts = probe(file);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == Errc::invalid_image);
    CHECK_THAT(facts.error().detail, Catch::StartsWith("WebP: "));
  }
}

}  // namespace
}  // namespace lightfast::test
