// Valid images, changed at random: each is proven or refused, and neither this process nor a decoding child ends of it.
// LIGHTFAST_MUTANTS=50000 tries that many instead of a few thousand, LIGHTFAST_MUTANT_SEED others.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iterator>
#include <random>

#include "server/imaging/decoder.h"
#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

using Random = std::minstd_rand;

std::uint32_t number_from_environment(const char* name, std::uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text ? static_cast<std::uint32_t>(std::stoul(text)) : otherwise;
}

void change(std::string& file, const std::vector<Sample>& samples, Random& random) {
  static const std::uint32_t edges[] = {0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF};
  if (file.size() < 8) return;
  const std::size_t at = random() % (file.size() - 4), length = 1 + random() % 64;
  switch (random() % 8) {
    case 0: file[at] = static_cast<char>(file[at] ^ 1 << random() % 8); break;
    case 1: file[at] = static_cast<char>(random()); break;
    case 2: file.replace(at, 4, be32(edges[random() % std::size(edges)])); break;
    case 3: file.replace(at, 4, le32(edges[random() % std::size(edges)])); break;
    case 4: file.erase(at, length); break;
    case 5: file.insert(at, file.substr(random() % file.size(), length)); break;
    case 6: file.replace(at, length, std::string(length, static_cast<char>(random() % 2 * 0xFF))); break;
    default: {
      const std::string& other = samples[random() % samples.size()].bytes;
      file.replace(at, length, other.substr(random() % other.size(), length));
    }
  }
}

// With the checksums that its chunks should have, as far as they follow on each other: a mutant comes past the first.
std::string with_right_checksums(const std::string& png) {
  constexpr std::size_t signature_bytes = 8, head_bytes = 8, crc_bytes = 4;
  std::string mended = png.substr(0, signature_bytes);
  std::size_t at = mended.size();
  while (png.size() - at >= head_bytes + crc_bytes) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(png[at + i]);
    if (length > png.size() - at - head_bytes - crc_bytes) break;
    mended += png_chunk(std::string_view(png).substr(at + 4, 4), std::string_view(png).substr(at + head_bytes, length));
    at += head_bytes + length + crc_bytes;
  }
  return mended + png.substr(at);
}

struct Outcomes {
  std::size_t proven = 0, refused_by_structure = 0, refused_by_decoder = 0;
};

TEST_CASE("mutants of every sample are proven or refused and bring down nobody") {
  const std::uint32_t wanted = number_from_environment("LIGHTFAST_MUTANTS", 4'000);
  const std::uint32_t seed = number_from_environment("LIGHTFAST_MUTANT_SEED", 20'261'121);
  CAPTURE(wanted, seed);
  Logger log{LogLevel::error, LogFormat::text};
  imaging::Decoder decoder({.program = DECODE_WORKER}, log);
  const auto samples = all_samples();
  Random random(seed);
  Outcomes outcomes;
  for (std::uint32_t i = 0; i < wanted; ++i) {
    const Sample& sample = samples[i % samples.size()];
    std::string mutant = sample.bytes;
    for (unsigned left = 1 + random() % 4; left > 0; --left) change(mutant, samples, random);
    if (sample.format == imaging::Format::png) mutant = with_right_checksums(mutant);
    CAPTURE(i, sample.name);
    const auto facts = probe(mutant);
    if (!facts) {
      ++outcomes.refused_by_structure;
      continue;
    }
    const UniqueFd file = file_with(mutant);
    const auto proven = decoder.prove(file.get(), mutant.size(), *facts);
    ++(proven ? outcomes.proven : outcomes.refused_by_decoder);
    if (proven) continue;
    CHECK(proven.error().code == Errc::invalid_image);
    CHECK_THAT(proven.error().detail, !Catch::Contains("the decoder ended"));
  }
  CAPTURE(outcomes.proven, outcomes.refused_by_structure, outcomes.refused_by_decoder);
  CHECK(outcomes.proven > wanted / 20);
  CHECK(outcomes.refused_by_structure > wanted / 20);
  CHECK(outcomes.refused_by_decoder > wanted / 20);
}

}  // namespace
}  // namespace lightfast::test
