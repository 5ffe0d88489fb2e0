#include "server/imaging/image_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

constexpr std::uint64_t kMostFrames = 100'000;  // however small they are

}  // namespace

Result<void> check_canvas(std::uint64_t width, std::uint64_t height, const Limits& limits) {
  if (width == 0 || height == 0) return invalid(fmt::format("the image is {} x {} pixels", width, height));
  if (width > limits.max_side || height > limits.max_side || width * height > limits.max_pixels) {
    return Error{Errc::too_many_pixels,
                 fmt::format("the image is {} x {} pixels; allowed are {} a side and {} altogether", width, height,
                             limits.max_side, limits.max_pixels)};
  }
  return {};
}

Result<void> check_frames(std::uint64_t width, std::uint64_t height, std::uint64_t frames, const Limits& limits) {
  const std::uint64_t canvas = std::max<std::uint64_t>(1, width * height);  // both below 2^32
  const std::uint64_t most = std::min(kMostFrames, 2 * limits.max_pixels / canvas);
  if (frames > std::max<std::uint64_t>(1, most)) {
    return Error{Errc::too_many_pixels, fmt::format("{} frames of {} x {} pixels; allowed are {} pixels in all frames, "
                                                    "and {} frames",
                                                    frames, width, height, 2 * limits.max_pixels, kMostFrames)};
  }
  return {};
}

Result<ImageFacts> probe(std::span<const std::byte> bytes, const Limits& limits) {
  if (bytes.size() > limits.max_bytes) {
    return Error{Errc::too_large, fmt::format("the image is {} bytes; allowed are {}", bytes.size(), limits.max_bytes)};
  }
  const auto format = sniff(bytes);
  if (!format) return Error{Errc::unsupported_image, "not an image of a kind that is kept: PNG, JPEG, WebP, GIF, AVIF"};
  switch (*format) {
    case Format::png: return read_png_structure(bytes, limits);
    case Format::jpeg: return read_jpeg_structure(bytes, limits);
    case Format::webp: return read_webp_structure(bytes, limits);
    case Format::gif: return read_gif_structure(bytes, limits);
    case Format::avif: return read_avif_structure(bytes, limits);
  }
  return Error{Errc::unsupported_image, "not an image of a kind that is kept"};
}

}  // namespace lightfast::imaging
