// A file that may be an image.
#include "server/imaging/image_probe.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::imaging;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const Limits limits;
  const auto facts = probe(bytes, limits);
  if (!facts) {
    expect(!facts.error().detail.empty(), "a refusal says why");
    return 0;
  }
  expect(sniff(bytes.first(std::min<std::size_t>(size, 32))) == facts->format, "32 bytes tell the format");
  expect(facts->width >= 1 && facts->height >= 1 && facts->frames >= 1, "an image has pixels");
  expect(facts->width <= limits.max_side && facts->height <= limits.max_side, "sides have a limit");
  const std::uint64_t pixels = std::uint64_t{facts->width} * facts->height;
  expect(pixels <= limits.max_pixels, "pixels have a limit");
  expect(pixels * facts->frames <= 2 * limits.max_pixels, "pixels of all frames have a limit");
  expect(facts->decode_bytes > 0, "a decode takes memory");

  Limits smaller = limits;
  smaller.max_bytes = size - 1;
  expect(!probe(bytes, smaller), "no file over the limit of bytes");
  smaller = limits;
  smaller.max_pixels = pixels - 1;
  expect(!probe(bytes, smaller), "no image over the limit of pixels");
  smaller = limits;
  smaller.max_side = std::max(facts->width, facts->height) - 1;
  expect(!probe(bytes, smaller), "no image over the limit of a side");
  return 0;
}
