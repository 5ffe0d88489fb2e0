// A small picture in memory and what can be drawn on it: gradients, discs, boxes, and a 5×7 bitmap font for upper-case
// letters of the word SAMPLE and hexadecimal digits. Encodes itself as PNG. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lightfast::providers {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

// Hue in turns (0–1), saturation and lightness 0–1.
Colour from_hsl(double hue, double saturation, double lightness);

struct Point {
  int x = 0, y = 0;
};

class Canvas {
 public:
  Canvas(int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  Colour at(Point point) const { return pixels_[index(point)]; }

  void fill_gradient(Colour from, Colour to, double slant);  // slant 0: downwards, 1: to the right
  void fill_disc(Point centre, int radius, Colour colour, double opacity);
  void fill_box(Point corner, int width, int height, Colour colour, double opacity);
  void draw_text(Point corner, std::string_view text, int scale, Colour colour);  // unknown letters are left blank

  std::string to_png() const;

  static int text_width(std::string_view text, int scale) { return static_cast<int>(text.size()) * 6 * scale; }
  static int text_height(int scale) { return 7 * scale; }

 private:
  std::size_t index(Point point) const { return static_cast<std::size_t>(point.y) * width_ + point.x; }
  void blend(Point point, Colour colour, double opacity);

  int width_;
  int height_;
  std::vector<Colour> pixels_;
};

}  // namespace lightfast::providers
