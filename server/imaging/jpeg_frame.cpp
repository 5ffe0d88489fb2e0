#include "server/imaging/jpeg_frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

// T.81 table B.1.
Result<void> check_process(std::uint32_t marker, std::uint32_t precision) {
  const auto unsupported = [](std::string_view what) {
    return Error{Errc::unsupported_image, fmt::format("JPEG: {} is not supported; 8-bit Huffman coding is", what)};
  };
  if (marker == 0xC3) return unsupported("lossless coding");
  if (marker >= 0xC5 && marker <= 0xC7) return unsupported("hierarchical coding");
  if (marker > 0xC7) return unsupported("arithmetic coding");
  if (precision != 8) return unsupported(fmt::format("a precision of {} bits", precision));
  return {};
}

}  // namespace

JpegComponent* JpegFrame::find(std::uint32_t id) {
  for (std::uint32_t i = 0; i < component_count; ++i) {
    if (components[i].id == id) return &components[i];
  }
  return nullptr;
}

std::uint64_t JpegFrame::blocks(const JpegComponent& component, bool interleaved) const {
  if (interleaved) {
    return divide_up(width, 8 * most_across) * component.across * divide_up(height, 8 * most_down) * component.down;
  }
  return divide_up(divide_up(std::uint64_t{width} * component.across, most_across), 8) *
         divide_up(divide_up(std::uint64_t{height} * component.down, most_down), 8);
}

std::uint64_t JpegFrame::samples() const {
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < component_count; ++i) total += blocks(components[i], true) * 64;
  return total;
}

Result<JpegFrame> parse_jpeg_frame(std::uint32_t marker, Bytes data) {
  if (data.size() < 6) return invalid("JPEG: the frame header is cut");
  if (auto known = check_process(marker, u8(data)); !known) return known.error();
  JpegFrame frame;
  frame.progressive = marker == 0xC2;
  frame.height = be16(data, 1);
  frame.width = be16(data, 3);
  frame.component_count = u8(data, 5);
  if (frame.height == 0) return invalid("JPEG: the height is not in the header (0, to be set by DNL)");
  if (frame.component_count < 1 || frame.component_count > 4 || data.size() != 6 + 3 * frame.component_count) {
    return invalid(fmt::format("JPEG: {} components in a header of {} bytes", frame.component_count, data.size()));
  }
  for (std::uint32_t i = 0; i < frame.component_count; ++i) {
    const Bytes entry = data.subspan(6 + 3 * i, 3);
    JpegComponent component{u8(entry), u8(entry, 1) >> 4, u8(entry, 1) & 15, u8(entry, 2)};
    const bool sane = component.across >= 1 && component.across <= 4 && component.down >= 1 && component.down <= 4 &&
                      component.quantization_table <= 3 &&
                      std::none_of(frame.components.begin(), frame.components.begin() + i,
                                   [&](const JpegComponent& other) { return other.id == component.id; });
    if (!sane) return invalid("JPEG: a component's sampling or table is out of range, or its id stands twice");
    frame.components[i] = component;
    frame.most_across = std::max(frame.most_across, component.across);
    frame.most_down = std::max(frame.most_down, component.down);
  }
  // Neither libjpeg nor stb_image has code for a component sampled 2 to another's 3.
  for (std::uint32_t i = 0; i < frame.component_count; ++i) {
    const JpegComponent& component = frame.components[i];
    if (frame.most_across % component.across == 0 && frame.most_down % component.down == 0) continue;
    return Error{Errc::unsupported_image, "JPEG: sampling factors that don't divide the largest are not supported"};
  }
  return frame;
}

std::uint64_t JpegScan::blocks(const JpegFrame& frame) const {
  std::uint64_t total = 0;
  for (const Part& part : parts) total += frame.blocks(*part.component, parts.size() > 1);
  return total;
}

std::uint64_t JpegScan::fewest_bits(const JpegFrame& frame) const {
  const std::uint64_t count = blocks(frame);
  if (!frame.progressive) return 2 * count;  // a DC code and an end-of-block code
  return has_dc() ? count : divide_up(count, 32'767);
}

Result<JpegScan> parse_jpeg_scan(Bytes data, JpegFrame& frame) {
  const std::uint32_t count = data.empty() ? 0 : u8(data);
  if (count < 1 || count > 4 || data.size() != 4 + 2 * count) return invalid("JPEG: a scan header of a wrong length");
  JpegScan scan;
  std::uint32_t unit_blocks = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    JpegComponent* component = frame.find(u8(data, 1 + 2 * i));
    const bool twice = std::ranges::any_of(scan.parts, [&](const auto& part) { return part.component == component; });
    if (component == nullptr || twice) return invalid("JPEG: a scan of an unknown component, or of one twice");
    scan.parts.push_back({component, u8(data, 2 + 2 * i) >> 4, u8(data, 2 + 2 * i) & 15});
    unit_blocks += component->across * component->down;
  }
  if (count > 1 && unit_blocks > 10) return invalid("JPEG: a scan of more than ten blocks a unit");
  const Bytes tail = data.subspan(1 + 2 * count);
  scan.first = u8(tail);
  scan.last = u8(tail, 1);
  scan.high_bit = u8(tail, 2) >> 4;
  scan.low_bit = u8(tail, 2) & 15;
  const bool sane = frame.progressive ? scan.last <= 63 && scan.first <= scan.last && scan.low_bit <= 13 &&
                                            scan.high_bit <= 13 && (scan.first == 0 ? scan.last == 0 : count == 1)
                                      : scan.first == 0 && scan.high_bit == 0 && scan.low_bit == 0;
  if (!sane) return invalid("JPEG: a scan of coefficients that cannot be");
  return scan;
}

}  // namespace lightfast::imaging
