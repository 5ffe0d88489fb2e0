#include "server/providers/canvas.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace lightfast::providers {
namespace {

struct Glyph {
  char letter;
  std::array<std::uint8_t, 7> rows;  // five bits each, the leftmost pixel highest
};

constexpr Glyph glyphs[] = {
    {'0', {0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E}}, {'1', {0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E}},
    {'2', {0x0E, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1F}}, {'3', {0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E}},
    {'4', {0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02}}, {'5', {0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E}},
    {'6', {0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E}}, {'7', {0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08}},
    {'8', {0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E}}, {'9', {0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C}},
    {'A', {0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11}}, {'B', {0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E}},
    {'C', {0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E}}, {'D', {0x1C, 0x12, 0x11, 0x11, 0x11, 0x12, 0x1C}},
    {'E', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F}}, {'F', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10}},
    {'L', {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F}}, {'M', {0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11}},
    {'P', {0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10}}, {'S', {0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E}},
};

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 1.0) * 255));
}

std::uint8_t mixed(std::uint8_t below, std::uint8_t above, double share) {
  return static_cast<std::uint8_t>(std::lround(below + (above - below) * share));
}

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(value >> shift & 0xff);
  return out;
}

// Length, type, data, CRC of type and data (PNG specification, section 5.3).
std::string chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string(type) + std::string(data);
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(static_cast<std::uint32_t>(crc));
}

std::string deflated(const std::string& raw) {
  uLongf size = ::compressBound(raw.size());
  std::string out(size, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(raw.data()), raw.size(),
                  6) != Z_OK) {
    throw std::runtime_error("zlib cannot compress");
  }
  out.resize(size);
  return out;
}

}  // namespace

Colour from_hsl(double hue, double saturation, double lightness) {
  const auto channel = [&](double shift) {
    const double place = std::fmod(shift + hue * 12, 12);
    const double swing = saturation * std::min(lightness, 1 - lightness);
    return to_byte(lightness - swing * std::max(-1.0, std::min({place - 3, 9 - place, 1.0})));
  };
  return {channel(0), channel(8), channel(4)};
}

Canvas::Canvas(int width, int height)
    : width_(width), height_(height), pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

void Canvas::blend(Point point, Colour colour, double opacity) {
  if (point.x < 0 || point.y < 0 || point.x >= width_ || point.y >= height_) return;
  Colour& below = pixels_[index(point)];
  below = {mixed(below.red, colour.red, opacity), mixed(below.green, colour.green, opacity),
           mixed(below.blue, colour.blue, opacity)};
}

void Canvas::fill_gradient(Colour from, Colour to, double slant) {
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const double share = (1 - slant) * y / height_ + slant * x / width_;
      pixels_[index({x, y})] = from;
      blend({x, y}, to, share);
    }
  }
}

void Canvas::fill_disc(Point centre, int radius, Colour colour, double opacity) {
  for (int y = std::max(0, centre.y - radius - 1); y <= std::min(height_ - 1, centre.y + radius + 1); ++y) {
    for (int x = std::max(0, centre.x - radius - 1); x <= std::min(width_ - 1, centre.x + radius + 1); ++x) {
      const double distance = std::hypot(x - centre.x, y - centre.y);
      blend({x, y}, colour, opacity * std::clamp(radius - distance + 0.5, 0.0, 1.0));  // a smooth edge
    }
  }
}

void Canvas::fill_box(Point corner, int width, int height, Colour colour, double opacity) {
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) blend({corner.x + x, corner.y + y}, colour, opacity);
  }
}

void Canvas::draw_text(Point corner, std::string_view text, int scale, Colour colour) {
  for (const char letter : text) {
    const auto glyph = std::find_if(std::begin(glyphs), std::end(glyphs),
                                    [letter](const Glyph& candidate) { return candidate.letter == letter; });
    for (int row = 0; glyph != std::end(glyphs) && row < 7; ++row) {
      for (int column = 0; column < 5; ++column) {
        if (glyph->rows[static_cast<std::size_t>(row)] >> (4 - column) & 1) {
          fill_box({corner.x + column * scale, corner.y + row * scale}, scale, scale, colour, 1);
        }
      }
    }
    corner.x += 6 * scale;
  }
}

std::string Canvas::to_png() const {
  std::string raw;
  raw.reserve(static_cast<std::size_t>(height_) * (static_cast<std::size_t>(width_) * 3 + 1));
  for (int y = 0; y < height_; ++y) {
    raw += '\1';  // filter "Sub": each pixel as its difference from the one before
    Colour before;
    for (int x = 0; x < width_; ++x) {
      const Colour pixel = at({x, y});
      raw += static_cast<char>(pixel.red - before.red);
      raw += static_cast<char>(pixel.green - before.green);
      raw += static_cast<char>(pixel.blue - before.blue);
      before = pixel;
    }
  }
  const std::string header = big_endian(static_cast<std::uint32_t>(width_)) +
                             big_endian(static_cast<std::uint32_t>(height_)) + std::string("\x08\x02\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", deflated(raw)) + chunk("IEND", "");
}

}  // namespace lightfast::providers
