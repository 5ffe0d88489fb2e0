#include <catch2/catch.hpp>

#include "server/imaging/decode_image.h"
#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

using namespace std::string_literals;

std::uint32_t size_at(const std::string& file, std::size_t at) {
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(file[at + i]);
  return size;
}

// The file cut by `bytes`, its last box, mdat, made to end there: all boxes are whole, the image is not.
std::string cut_inside_data(const std::string& file, std::uint32_t bytes) {
  const std::size_t data = file.rfind("mdat") - 4;
  REQUIRE(data + size_at(file, data) == file.size());
  return patched(file.substr(0, file.size() - bytes), data, be32(size_at(file, data) - bytes));
}

TEST_CASE("an AVIF whose data was cut, the box sizes put right, is invalid") {
  for (const auto& shape : {AvifShape{}, AvifShape{24, 18, 3}, AvifShape{24, 18, 1, 8, 420, true}}) {
    const std::string whole = make_avif(shape);
    REQUIRE(probe(cut_inside_data(whole, 0)));
    for (const std::uint32_t bytes : {1u, 2u, 10u}) {
      CHECK(probe(cut_inside_data(whole, bytes)).error().code == Errc::invalid_image);
    }
  }
}

TEST_CASE("an AVIF may have boxes nobody knows, and a last one that reaches to the end of the file") {
  const std::string whole = make_avif({});
  CHECK(probe(whole + iso_box("free", "anything")));
  const std::size_t data = whole.rfind("mdat") - 4;
  const std::string open = patched(whole, data, be32(0));
  const auto facts = probe(open);
  REQUIRE(facts);
  CHECK(imaging::decode_image(bytes_of(open), *facts));
  CHECK_FALSE(probe(open.substr(0, open.size() - 1)));
}

TEST_CASE("an AVIF of the general brand is one where avif is among the compatible ones") {
  const std::string whole = make_avif({});
  CHECK(probe(patched(whole, 8, "mif1")));
}

TEST_CASE("an AVIF against the format's rules is invalid") {
  const std::string whole = make_avif({}), sequence = make_avif({24, 18, 3});
  const std::string brand = whole.substr(0, size_at(whole, 0));
  const std::size_t meta = position_of(whole, "meta");
  const std::string again = whole.substr(meta - 4, size_at(whole, meta - 4));
  for (const auto& file : {
           brand,
           brand + iso_box("meta", ""),
           brand + iso_box("meta", std::string(4, '\0')),
           brand + iso_box("meta", std::string(4, '\0') + "\0\0\0\4abcd"s),
           whole + "x",
           whole + "\0\0\0\7free"s,
           patched(whole, meta, "free"),
           patched(whole, position_of(whole, "pitm"), "free"),
           patched(whole, position_of(whole, "iloc"), "free"),
           patched(whole, position_of(whole, "iprp"), "free"),
           patched(whole, position_of(whole, "ipco"), "free"),
           patched(whole, position_of(whole, "ipma"), "free"),
           patched(whole, position_of(whole, "ispe"), "free"),
           patched(whole, position_of(whole, "iloc") + 8, "\x33"s),  // integers of three bytes
           patched(whole, position_of(whole, "ispe") + 8, be32(0)),
           whole + again,
           patched(sequence, position_of(sequence, "moov"), "free"),
           patched(sequence, position_of(sequence, "trak"), "free"),
           patched(sequence, position_of(sequence, "stsz"), "free"),
           patched(sequence, position_of(sequence, "stco"), "free"),
           patched(sequence, position_of(sequence, "stsc"), "free"),
           patched(sequence, position_of(sequence, "stbl"), "free"),
           patched(sequence, position_of(sequence, "tkhd"), "free"),
           patched(sequence, position_of(sequence, "stsz") + 12, be32(0)),
           patched(sequence, position_of(sequence, "stco") + 12, be32(0x7FFFFFFF)),
       }) {
    const auto facts = probe(file);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == Errc::invalid_image);
  }
}

TEST_CASE("places without any bytes, however many an AVIF says, cost no time") {
  const std::string whole = make_avif({});
  const std::size_t iloc = position_of(whole, "iloc");
  // Version 0, no sizes at all, one item with 65535 extents, and zeros, which are further items of none.
  std::string endless = patched(whole, iloc + 8, "\0\0"s + be16(1) + be16(1) + be16(0) + be16(0xFFFF));
  CHECK_NOTHROW(probe(endless));
}

}  // namespace
}  // namespace lightfast::test
