#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <optional>
#include <set>

#include "server/imaging/decoder.h"
#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

struct Bomb {
  std::string name;
  std::string bytes;
  Errc code = Errc::too_many_pixels;
};

std::string tiny_png(std::string_view chunks_before_pixels) {
  return png_file(png_header(4, 4) + std::string(chunks_before_pixels) + png_chunk("IDAT", png_pixels(4, 4)) +
                  png_chunk("IEND", ""));
}

std::string claiming_png(std::uint32_t width, std::uint32_t height, int depth = 8, int colour_type = 0) {
  return png_file(png_header(width, height, depth, colour_type) + png_chunk("IDAT", png_pixels(64, 64)) +
                  png_chunk("IEND", ""));
}

std::vector<Bomb> png_bombs() {
  using namespace std::string_literals;
  const std::string zeros_20_mib = deflated(std::string(20u << 20, '\0'));
  const std::string text_1_mib = png_chunk("zTXt", "k\0\0"s + deflated(std::string(1u << 20, 'a')));
  return {
      {"20000 x 20000", claiming_png(20'000, 20'000)},
      {"the largest sides", claiming_png(16'384, 16'384)},
      {"2^31 x 2^31", claiming_png(0x7FFFFFFF, 0x7FFFFFFF)},
      {"one row too wide", claiming_png(16'385, 1)},
      {"a million rows", claiming_png(1, 1'000'000)},
      {"no pixels", claiming_png(0, 5), Errc::invalid_image},
      {"49 million pixels in a few bytes", claiming_png(7'000, 7'000), Errc::invalid_image},
      {"16 bits of red, green, blue and alpha in a few bytes", claiming_png(3'000, 3'000, 16, 6), Errc::invalid_image},
      {"2^32 - 1 frames", tiny_png(png_chunk("acTL", be32(0xFFFFFFFF) + be32(0)))},
      {"1000 frames of a million pixels",
       png_file(png_header(1'000, 1'000) + png_chunk("acTL", be32(1'000) + be32(0)))},
      {"a frame of too few bytes",
       png_file(png_header(4'000, 4'000) + png_chunk("acTL", be32(2) + be32(0)) + png_frame(0, 4'000, 4'000) +
                png_chunk("IDAT", png_pixels(4'000, 4'000)) + png_frame(1, 4'000, 4'000) +
                png_chunk("fdAT", be32(2) + "x") + png_chunk("IEND", "")),
       Errc::invalid_image},
      {"20 MiB of zTXt", tiny_png(png_chunk("zTXt", "k\0\0"s + zeros_20_mib)), Errc::invalid_image},
      {"20 MiB of iCCP", tiny_png(png_chunk("iCCP", "k\0\0"s + zeros_20_mib)), Errc::invalid_image},
      {"20 MiB of iTXt", tiny_png(png_chunk("iTXt", "k\0\1\0en\0k\0"s + zeros_20_mib)), Errc::invalid_image},
      {"40 times 1 MiB of zTXt", tiny_png(repeated(text_1_mib, 40)), Errc::invalid_image},
      {"seven rounds of interlacing in a few bytes",
       png_file(png_header(7'000, 7'000, 8, 6, 1) + png_chunk("IDAT", png_pixels(64, 64)) + png_chunk("IEND", "")),
       Errc::invalid_image},
      {"the widest rows of one bit", claiming_png(16'384, 3'000, 1), Errc::invalid_image},
      {"a second header, of 20000 x 20000", tiny_png(png_header(20'000, 20'000)), Errc::invalid_image},
      {"a frame larger than its canvas", tiny_png(png_chunk("acTL", be32(2) + be32(0)) + png_frame(0, 60'000, 60'000)),
       Errc::invalid_image},
      {"a thousand frames where two are stated",
       tiny_png(png_chunk("acTL", be32(2) + be32(0)) + repeated(png_frame(0, 4, 4), 1'000)), Errc::invalid_image},
      {"a chunk of 2^31 - 1 bytes", png_file(png_header(4, 4) + be32(0x7FFFFFFF) + "IDAT"), Errc::invalid_image},
      {"a chunk of 2^32 - 1 bytes", png_file(png_header(4, 4) + be32(0xFFFFFFFF) + "IDAT"), Errc::invalid_image},
  };
}

std::string frame_header(std::uint32_t width, std::uint32_t height) {
  return jpeg_segment('\xC2', '\x08' + be16(height) + be16(width) + std::string("\x01\x01\x11\x00", 4));
}

// SOI, one quantization table, an 8-bit grey progressive frame, a DC and an AC table of one symbol each.
std::string progressive_head(std::uint32_t width, std::uint32_t height) {
  const std::string codes = '\1' + std::string(15, '\0') + '\0';
  return "\xFF\xD8" + jpeg_segment('\xDB', '\0' + std::string(64, '\1')) + frame_header(width, height) +
         jpeg_segment('\xC4', '\x00' + codes + '\x10' + codes);
}

std::string scan_head() {
  return jpeg_segment('\xDA', std::string("\x01\x01\x00\x01\x3F\x00", 6));
}

std::string empty_scan() {
  return scan_head() + std::string(64, '\0');
}

std::string inserted(std::string file, std::size_t at, std::string_view bytes) {
  return file.insert(at, bytes);
}

std::vector<Bomb> jpeg_bombs() {
  const auto resized = [](const JpegShape& shape, std::uint32_t width, std::uint32_t height) {
    const std::string whole = make_jpeg(shape);
    const std::size_t frame = position_of(whole, shape.progressive ? "\xFF\xC2" : "\xFF\xC0");
    return patched(whole, frame + 5, be16(height) + be16(width));
  };
  JpegShape progressive;
  progressive.progressive = true;
  return {
      {"JPEG of 65535 x 65535", resized({}, 65'535, 65'535)},
      {"JPEG patched to 7000 x 7000", resized({}, 7'000, 7'000), Errc::invalid_image},
      {"progressive JPEG patched to 7000 x 7000", resized(progressive, 7'000, 7'000), Errc::invalid_image},
      {"JPEG without a height", resized({}, 37, 0), Errc::invalid_image},
      {"a second picture of 65535 x 65535", make_jpeg({}) + resized({}, 65'535, 65'535)},
      {"a second frame header",
       inserted(make_jpeg({}), position_of(make_jpeg({}), "\xFF\xDA"), frame_header(65'535, 65'535)),
       Errc::invalid_image},
      {"a scan of restarts and nothing else",
       progressive_head(7'000, 7'000) + scan_head() + repeated("\xFF\xD0", 10'000) + "\xFF\xD9", Errc::invalid_image},
      {"a thousand scans", progressive_head(64, 64) + repeated(empty_scan(), 1'000) + "\xFF\xD9", Errc::invalid_image},
      {"fifty scans of 49 million pixels", progressive_head(7'000, 7'000) + repeated(empty_scan(), 50) + "\xFF\xD9"},
  };
}

std::vector<Bomb> gif_bombs() {
  const std::string data = '\xFF' + std::string(255, 'x');
  return {
      {"2000 frames of 4000 x 4000",
       gif_screen(4'000, 4'000) + repeated(gif_frame(4'000, 4'000, repeated(data, 5)), 2'000) + ";"},
      {"GIF of 65535 x 65535", gif_screen(65'535, 65'535) + gif_frame(1, 1, data) + ";"},
      {"a frame of 65535 x 65535 on a small screen", gif_screen(8, 8) + gif_frame(65'535, 65'535, data) + ";"},
      {"large frames on a small screen",
       gif_screen(1, 1) + repeated(gif_frame(7'000, 7'000, repeated(data, 20)), 9) + ";"},
      {"a hundred thousand frames of one pixel on a large screen",
       gif_screen(7'000, 7'000) + repeated(gif_frame(1, 1, "\1x"), 100'000) + ";"},
      {"a comment without an end", gif_screen(8, 8) + "!\xFE" + repeated(data, 4'000), Errc::invalid_image},
      {"codes of 255 bits", patched(gif_screen(8, 8) + gif_frame(8, 8, data) + ";", 13 + 10, "\xFF"),
       Errc::invalid_image},
      {"a frame of 49 million pixels in a few bytes", gif_screen(7'000, 7'000) + gif_frame(7'000, 7'000, data) + ";",
       Errc::invalid_image},
  };
}

std::string frames_in_frames(std::uint32_t depth) {
  constexpr std::uint32_t frame_bytes = 24;
  std::string nested = webp_lossless(8, 8);
  std::string heads;
  for (; depth > 0; --depth) {
    const auto size = static_cast<std::uint32_t>(nested.size()) + frame_bytes * (depth - 1) + frame_bytes - 8;
    heads += "ANMF" + le32(size) + webp_frame(8, 8, "").substr(8);
  }
  return heads + nested;
}

std::vector<Bomb> webp_bombs() {
  const std::string frame = webp_frame(7'000, 7'000, webp_lossless(7'000, 7'000));
  return {
      {"a canvas of 2^24 x 2^24", webp_file(webp_canvas(0, 1u << 24, 1u << 24) + webp_lossless(8, 8))},
      {"a lossless image of 16384 x 16384", webp_file(webp_lossless(16'384, 16'384))},
      {"a lossy image of 16383 x 16383",
       webp_file(webp_chunk("VP8 ", le24(0) + "\x9D\x01\x2A" + le16(16'383) + le16(16'383)))},
      {"a hundred frames of 7000 x 7000", webp_file(webp_canvas(2, 7'000, 7'000) + repeated(frame, 100))},
      {"a frame larger than its canvas",
       webp_file(webp_canvas(2, 8, 8) + webp_frame(16'384, 16'384, webp_lossless(16'384, 16'384))),
       Errc::invalid_image},
      {"frames in frames in frames", webp_file(webp_canvas(2, 8, 8) + frames_in_frames(2'000)), Errc::invalid_image},
      {"a colour profile of 2^32 - 1 bytes",
       webp_file(webp_canvas(0x20, 8, 8) + "ICCP" + le32(0xFFFFFFFF) + webp_lossless(8, 8)), Errc::invalid_image},
      {"a RIFF of 2^32 - 1 bytes", patched(webp_file(webp_lossless(8, 8)), 4, le32(0xFFFFFFFF)), Errc::invalid_image},
      {"a chunk of 2^32 - 1 bytes", patched(webp_file(webp_lossless(8, 8)), 16, le32(0xFFFFFFFF)), Errc::invalid_image},
  };
}

std::string boxes_in_boxes(const char* type, std::uint32_t depth) {
  std::string nested;
  for (; depth > 0; --depth) nested += be32(8 * depth) + type;
  return nested;
}

std::vector<Bomb> avif_bombs() {
  const std::string still = make_avif({}), sequence = make_avif({24, 18, 3});
  const auto resized = [&still](std::uint32_t width, std::uint32_t height) {
    return patched(still, position_of(still, "ispe") + 8, be32(width) + be32(height));
  };
  const std::string brand = iso_box("ftyp", std::string("avif\0\0\0\0avifmif1", 16));
  std::string large = brand + be32(1) + "mdat" + be32(0xFFFFFFFF) + be32(0xFFFFFFFF);
  return {
      {"AVIF of 2^31 x 2^31", resized(0x7FFFFFFF, 0x7FFFFFFF)},
      {"AVIF of 16384 x 16384", resized(16'384, 16'384)},
      {"boxes in boxes in boxes", brand + boxes_in_boxes("meta", 20'000), Errc::invalid_image},
      {"tracks in tracks in tracks", patched(brand, 8, "avis") + boxes_in_boxes("moov", 20'000), Errc::invalid_image},
      {"65535 items", patched(still, position_of(still, "iloc") + 4 + 4 + 2, be16(0xFFFF)), Errc::invalid_image},
      {"a canvas of no pixels", resized(0, 0), Errc::invalid_image},
      {"2^32 - 1 groups of frames", patched(sequence, position_of(sequence, "stsc") + 8, be32(0xFFFFFFFF)),
       Errc::invalid_image},
      {"a box of 2^64 - 1 bytes", large, Errc::invalid_image},
      {"2^32 - 1 properties' owners", patched(still, position_of(still, "ipma") + 8, be32(0xFFFFFFFF)),
       Errc::invalid_image},
      {"65535 pieces of one item", patched(still, position_of(still, "iloc") + 4 + 4 + 2 + 2 + 2 + 2, be16(0xFFFF)),
       Errc::invalid_image},
      {"2^32 - 1 frames in a sequence", patched(sequence, position_of(sequence, "stsz") + 12, be32(0xFFFFFFFF)),
       Errc::invalid_image},
      {"2^32 - 1 frames of one byte", patched(sequence, position_of(sequence, "stsz") + 8, be32(1) + be32(0xFFFFFFFF))},
  };
}

// Their structure is in order; what lies in it isn't.
std::vector<Bomb> bombs_for_the_decoder() {
  const std::string still = make_avif({}), sequence = make_avif({24, 18, 3});
  const std::string noise = repeated("\xFF" + repeated("\xA5\x5A\x3C", 85), 100);
  return {
      {"a lossless WebP of 49 million pixels in eight bytes", webp_file(webp_lossless(7'000, 7'000))},
      {"a hundred small pictures that fill a canvas of 49 million pixels",
       webp_file(webp_canvas(2, 7'000, 7'000) + repeated(webp_frame(8, 8, webp_lossless(8, 8)), 2))},
      {"a GIF of 49 million pixels of noise", gif_screen(7'000, 7'000) + gif_frame(7'000, 7'000, noise) + ";"},
      {"a PNG of 49 million pixels of which few come",
       png_file(png_header(7'000, 7'000) + png_chunk("IDAT", png_pixels(7'000, 6'999)) + png_chunk("IEND", ""))},
  };
}

std::uint64_t peak_memory_bytes(int whose = RUSAGE_SELF) {
  rusage used{};
  ::getrusage(whose, &used);
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

TEST_CASE("bombs are refused without decoding, in little memory") {
  std::vector<Bomb> bombs;
  for (auto some : {png_bombs(), jpeg_bombs(), gif_bombs(), webp_bombs(), avif_bombs()}) {
    bombs.insert(bombs.end(), some.begin(), some.end());
  }
  std::set<std::string> distinct;
  for (const auto& bomb : bombs) distinct.insert(bomb.bytes);
  CHECK(distinct.size() >= 60);
  const std::uint64_t before = peak_memory_bytes();
  for (const auto& bomb : bombs) {
    INFO(bomb.name);
    const auto facts = probe(bomb.bytes);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == bomb.code);
    CHECK_FALSE(facts.error().detail.empty());
  }
  CHECK(peak_memory_bytes() - before < (16u << 20));
}

TEST_CASE("bombs that only a decoder tells are refused in a child of little memory") {
  Logger log{LogLevel::error, LogFormat::text};
  std::optional<imaging::Decoder> decoder;
  decoder.emplace(imaging::DecoderOptions{.program = DECODE_WORKER}, log);
  const auto bombs = bombs_for_the_decoder();
  const std::uint64_t before = peak_memory_bytes();
  for (const auto& bomb : bombs) {
    INFO(bomb.name);
    const auto facts = probe(bomb.bytes);
    REQUIRE(facts);
    const UniqueFd file = file_with(bomb.bytes);
    const auto proven = decoder->prove(file.get(), bomb.bytes.size(), *facts);
    REQUIRE_FALSE(proven);
    CHECK(proven.error().code == Errc::invalid_image);
  }
  CHECK(peak_memory_bytes() - before < (16u << 20));
  decoder.reset();  // its children count once they have ended
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const std::uint64_t in_a_child = peak_memory_bytes(RUSAGE_CHILDREN);
  CHECK(in_a_child < (256u << 20));
#endif
}

TEST_CASE("a file over the limit of bytes is too large, whatever it holds") {
  const std::string png = make_png({});
  imaging::Limits limits;
  limits.max_bytes = png.size();
  CHECK(probe(png, limits));
  limits.max_bytes = png.size() - 1;
  CHECK(probe(png, limits).error().code == Errc::too_large);
}

TEST_CASE("limits are what is allowed, not the first thing refused") {
  imaging::Limits limits;
  limits.max_side = 13;
  limits.max_pixels = 13 * 11;
  CHECK(probe(make_png({13, 11}), limits));
  CHECK(probe(make_png({14, 1}), limits).error().code == Errc::too_many_pixels);
  CHECK(probe(make_png({12, 12}), limits).error().code == Errc::too_many_pixels);
  CHECK(probe(animated_png(13, 11, 2), limits));
  CHECK(probe(animated_png(13, 11, 3), limits).error().code == Errc::too_many_pixels);
  CHECK(probe(make_gif({13, 11, 2}), limits));
  CHECK(probe(make_gif({13, 11, 3}), limits).error().code == Errc::too_many_pixels);
  CHECK(probe(make_webp({13, 11, 2}), limits));
  CHECK(probe(make_webp({13, 11, 3}), limits).error().code == Errc::too_many_pixels);
  CHECK(probe(make_avif({13, 11, 2}), limits));
  CHECK(probe(make_avif({13, 11, 3}), limits).error().code == Errc::too_many_pixels);
}

}  // namespace
}  // namespace lightfast::test
