#include <catch2/catch.hpp>

#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

// The lengths at which `whole`, cut, would be taken for an image.
std::vector<std::size_t> lengths_accepted(const std::string& whole) {
  std::vector<std::size_t> accepted;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    if (imaging::probe(bytes_of(whole).first(length), {})) accepted.push_back(length);
  }
  return accepted;
}

TEST_CASE("no image cut at any length is accepted") {
  for (const auto& sample : all_samples()) {
    INFO(sample.name);
    CHECK(lengths_accepted(sample.bytes).empty());
  }
}

TEST_CASE("no animated PNG cut at any length is accepted") {
  const std::string whole = animated_png(9, 7, 4);
  REQUIRE(probe(whole));
  CHECK(lengths_accepted(whole).empty());
}

TEST_CASE("a JPEG with further pictures after it is accepted cut only where its index does not tell of them") {
  const std::string first = make_jpeg({}), second = make_jpeg({});
  CHECK(lengths_accepted(first + second) == std::vector{first.size(), first.size() + 1, first.size() + 2});

  // MPF: little-endian TIFF, one field, two entries of 16 bytes.
  const auto index_of = [](std::uint32_t size, std::uint32_t offset) {
    using namespace std::string_literals;
    return "MPF\0II*\0"s + le32(8) + le16(1) + le16(0xB002) + le16(7) + le32(32) + le32(26) + le32(0) +
           std::string(16, '\0') + le32(0) + le32(size) + le32(offset) + le32(0);
  };
  const std::size_t segment_bytes = 4 + index_of(0, 0).size();
  const auto picture_offset = static_cast<std::uint32_t>(first.size() + segment_bytes - (2 + 4 + 4));
  const std::string index = jpeg_segment('\xE2', index_of(static_cast<std::uint32_t>(second.size()), picture_offset));
  const std::string whole = first.substr(0, 2) + index + first.substr(2) + second;
  REQUIRE(probe(whole));
  CHECK(lengths_accepted(whole).empty());
}

TEST_CASE("no image with a part cut out of its middle is accepted, where sizes or checksums can tell") {
  for (const auto& samples : {png_samples(), webp_samples(), avif_samples()}) {
    for (const auto& sample : samples) {
      INFO(sample.name);
      std::size_t accepted = 0;
      for (std::size_t at = 12; at + 2 < sample.bytes.size(); ++at) {
        std::string cut = sample.bytes;
        cut.erase(at, 2);
        if (probe(cut)) ++accepted;
      }
      CHECK(accepted == 0);
    }
  }
}

}  // namespace
}  // namespace lightfast::test
