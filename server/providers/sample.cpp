#include "server/providers/sample.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "base/digest.h"
#include "server/providers/answer.h"
#include "server/providers/canvas.h"

namespace lightfast::providers {
namespace {

namespace json = boost::json;

constexpr int min_side = 16;
constexpr int max_side = 2048;
constexpr int max_pictures = 4;
constexpr double area = 512.0 * 512.0;  // of a picture given by its aspect ratio

// Numbers from 0 to 1 out of a digest, as many as it has bytes, again from the start then.
class Dice {
 public:
  explicit Dice(Sha256Digest digest) : digest_(digest) {}
  double roll() { return static_cast<double>(digest_.bytes[next_++ % digest_.bytes.size()]) / 255; }
  double roll(double low, double high) { return low + (high - low) * roll(); }

 private:
  Sha256Digest digest_;
  std::size_t next_ = 0;
};

Result<int> find_int(const json::object& input, std::string_view name, int fallback, int low, int high) {
  const json::value* member = input.if_contains(name);
  if (!member || member->is_null()) return fallback;
  boost::system::error_code problem;
  const int value = member->to_number<int>(problem);
  if (problem || value < low || value > high) {
    return Error{Errc::invalid_request, "input." + std::string(name) + " must be a whole number from " +
                                            std::to_string(low) + " to " + std::to_string(high)};
  }
  return value;
}

std::optional<std::pair<int, int>> parse_ratio(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int across = 0;
  int down = 0;
  const auto whole = [](std::string_view part, int& value) {
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value);
    return problem == std::errc() && end == part.data() + part.size() && value >= 1 && value <= 100;
  };
  if (!whole(text.substr(0, colon), across) || !whole(text.substr(colon + 1), down)) return std::nullopt;
  if (across > 8 * down || down > 8 * across) return std::nullopt;
  return std::pair(across, down);
}

Result<void> apply_ratio(const json::object& input, SampleShape& shape) {
  const json::value* member = input.if_contains("aspect_ratio");
  if (!member || member->is_null()) return {};
  const auto ratio = member->is_string() ? parse_ratio(member->get_string()) : std::nullopt;
  if (!ratio) {
    return Error{Errc::invalid_request, "input.aspect_ratio must be like 16:9, at most 8 times as long as wide"};
  }
  const double quotient = static_cast<double>(ratio->first) / ratio->second;
  const auto to_eight = [](double side) { return static_cast<int>(std::lround(side / 8)) * 8; };
  shape.width = to_eight(std::sqrt(area * quotient));
  shape.height = to_eight(std::sqrt(area / quotient));
  return {};
}

// The prompt is what counts, wherever it stands.
std::string prompt_in(const json::object& input) {
  const json::value* member = input.if_contains("prompt");
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

void draw_label(Canvas& canvas, const std::string& hash) {
  constexpr Colour white{255, 255, 255};
  constexpr Colour black{0, 0, 0};
  const int side = std::min(canvas.width(), canvas.height());
  const int large = std::max(1, std::min(side / 64, canvas.width() / 48));
  const int small = std::max(1, large / 3);
  const int height = Canvas::text_height(large) + Canvas::text_height(small) + 5 * large;
  const int top = (canvas.height() - height) / 2;
  canvas.fill_box({0, top}, canvas.width(), height, black, 0.45);
  const auto centred = [&](std::string_view text, int scale) {
    return (canvas.width() - Canvas::text_width(text, scale)) / 2;
  };
  canvas.draw_text({centred("SAMPLE", large), top + 2 * large}, "SAMPLE", large, white);
  canvas.draw_text({centred(hash, small), top + 3 * large + Canvas::text_height(large)}, hash, small, white);
}

}  // namespace

Result<SampleShape> parse_sample_shape(const json::object& input) {
  SampleShape shape;
  if (const auto applied = apply_ratio(input, shape); !applied) return applied.error();
  const auto width = find_int(input, "width", shape.width, min_side, max_side);
  if (!width) return width.error();
  const auto height = find_int(input, "height", shape.height, min_side, max_side);
  if (!height) return height.error();
  const auto pictures = find_int(input, "num_outputs", 1, 1, max_pictures);
  if (!pictures) return pictures.error();
  return SampleShape{*width, *height, *pictures};
}

std::string draw_sample(std::string_view prompt, const SampleShape& shape, int picture) {
  const Sha256Digest digest = sha256(std::string(prompt) + '\0' + std::to_string(picture));
  Dice dice(digest);
  Canvas canvas(shape.width, shape.height);
  const double hue = dice.roll();
  canvas.fill_gradient(from_hsl(hue, 0.55, 0.72), from_hsl(hue + dice.roll(0.08, 0.25), 0.6, 0.35), dice.roll(0, 0.6));
  const int side = std::min(shape.width, shape.height);
  const int discs = 4 + static_cast<int>(dice.roll(0, 4));
  for (int i = 0; i < discs; ++i) {
    const Point centre{static_cast<int>(dice.roll(0, shape.width)), static_cast<int>(dice.roll(0, shape.height))};
    const int radius = static_cast<int>(dice.roll(0.08, 0.32) * side);
    canvas.fill_disc(centre, radius, from_hsl(hue + dice.roll(-0.15, 0.5) + 1, 0.65, 0.62), dice.roll(0.25, 0.6));
  }
  draw_label(canvas, upper(sha256(prompt).hex().substr(0, 16)));
  return canvas.to_png();
}

Result<void> Sample::check(const GenerationRequest& request) const {
  const auto input = input_of(request);
  if (!input) return input.error();
  const auto shape = parse_sample_shape(*input);
  if (!shape) return shape.error();
  return {};
}

Task<CreateOutcome> Sample::create(GenerationRequest request) {
  if (const auto checked = check(request); !checked) co_return CreateOutcome{std::nullopt, checked.error()};
  const json::object input = *input_of(request);
  const SampleShape shape = *parse_sample_shape(input);
  const std::string prompt = prompt_in(input);
  auto draw = [&]() -> Result<std::vector<Output>> {
    std::vector<Output> outputs;
    for (int i = 0; i < shape.pictures; ++i) outputs.push_back({{}, draw_sample(prompt, shape, i)});
    return outputs;
  };
  auto outputs = co_await workers_.run(draw);
  if (!outputs) co_return CreateOutcome{std::nullopt, outputs.error()};
  Prediction prediction;
  prediction.state = Prediction::State::succeeded;
  prediction.id = "sample_" + sha256(prompt).hex().substr(0, 16);
  prediction.model = default_model();
  prediction.outputs = std::move(*outputs);
  prediction.raw = json::serialize(json::object{{"id", prediction.id}, {"model", prediction.model}, {"input", input}});
  if (prediction.raw.size() > max_raw_bytes) prediction.raw = "{}";
  co_return CreateOutcome{std::move(prediction), {}};
}

}  // namespace lightfast::providers
