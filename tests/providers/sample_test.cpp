#include "server/providers/sample.h"

#include <zlib.h>

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "server/providers/canvas.h"
#include "tests/support/catch_result.h"
#include "tests/support/run_task.h"

namespace lightfast::providers {
namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// Every chunk whole and with the right CRC, to IEND and nothing after it.
bool is_whole_png(std::string_view bytes) {
  if (!bytes.starts_with("\x89PNG\r\n\x1a\n")) return false;
  std::size_t at = 8;
  std::string_view type;
  while (at + 12 <= bytes.size()) {
    const std::size_t length = number_at(bytes, at);
    if (at + 12 + length > bytes.size()) return false;
    type = bytes.substr(at + 4, 4);
    const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + at + 4), static_cast<uInt>(length + 4));
    if (crc != number_at(bytes, at + 8 + length)) return false;
    at += 12 + length;
  }
  return at == bytes.size() && type == "IEND";
}

GenerationRequest request_for(std::string prompt, std::string input = "") {
  GenerationRequest request;
  request.prompt = std::move(prompt);
  request.input = std::move(input);
  return request;
}

CreateOutcome create(GenerationRequest request) {
  Workers workers("test", 1, 10);
  Sample sample(workers);
  return test::run_task(sample.create(std::move(request)));
}

TEST_CASE("the sample provider draws a whole PNG of the size asked for") {
  struct Row {
    const char* input;
    std::uint32_t width, height;
  };
  const Row table[] = {
      {"", 512, 512},
      {R"({"aspect_ratio":"1:1"})", 512, 512},
      {R"({"aspect_ratio":"16:9"})", 680, 384},
      {R"({"aspect_ratio":"9:16","unknown":[1]})", 384, 680},
      {R"({"width":300,"height":200})", 300, 200},
      {R"({"width":16,"height":16})", 16, 16},
      {R"({"width":2048.0,"height":16,"aspect_ratio":null})", 2048, 16},
  };
  for (const Row& row : table) {
    INFO(row.input);
    const CreateOutcome outcome = create(request_for("cat", row.input));
    REQUIRE(outcome.prediction.has_value());
    CHECK(outcome.prediction->state == Prediction::State::succeeded);
    REQUIRE(outcome.prediction->outputs.size() == 1);
    const std::string& png = outcome.prediction->outputs[0].bytes;
    CHECK(is_whole_png(png));
    CHECK(number_at(png, 16) == row.width);
    CHECK(number_at(png, 20) == row.height);
  }
}

TEST_CASE("the same prompt gives the same picture, another prompt another") {
  const auto bytes = [](const char* prompt, const char* input = "") {
    return create(request_for(prompt, input)).prediction->outputs[0].bytes;
  };
  CHECK(bytes("cat") == bytes("cat"));
  CHECK(bytes("cat") != bytes("dog"));
  CHECK(bytes("", R"({"prompt":"cat"})") == bytes("cat"));
}

TEST_CASE("several pictures of one prompt differ") {
  const auto outputs = create(request_for("cat", R"({"num_outputs":4})")).prediction->outputs;
  REQUIRE(outputs.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) CHECK(outputs[i].bytes != outputs[0].bytes);
}

TEST_CASE("the word SAMPLE stands on the picture in white") {
  Canvas canvas(40, 10);
  canvas.draw_text({1, 1}, "SAMPLE", 1, {255, 255, 255});
  const char* expected[] = {
      " ####  ###  #   # ####  #     #####",  "#     #   # ## ## #   # #     #     ",
      "#     #   # # # # #   # #     #     ", " ###  ##### # # # ####  #     ####  ",
      "    # #   # #   # #     #     #     ", "    # #   # #   # #     #     #     ",
      "####  #   # #   # #     ##### ##### ",
  };
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 35; ++x) {
      INFO(x << "," << y);
      CHECK((canvas.at({x + 1, y + 1}).red == 255) == (expected[y][x] == '#'));
    }
  }
}

TEST_CASE("input that the sample provider cannot draw is refused") {
  for (const char* input :
       {R"({"width":15})", R"({"width":2049})", R"({"width":"300"})", R"({"height":-1})", R"({"width":1.5})",
        R"({"num_outputs":0})", R"({"num_outputs":5})", R"({"aspect_ratio":"16x9"})", R"({"aspect_ratio":"0:1"})",
        R"({"aspect_ratio":"1:9"})", R"({"aspect_ratio":3})", R"({"aspect_ratio":":"})", "[]", "{"}) {
    INFO(input);
    const CreateOutcome outcome = create(request_for("cat", input));
    CHECK_FALSE(outcome.prediction.has_value());
    CHECK(outcome.error.code == Errc::invalid_request);
    CHECK_FALSE(outcome.may_be_accepted);
  }
}

TEST_CASE("colours turn round the wheel") {
  const auto is = [](Colour c, int red, int green, int blue) {
    return c.red == red && c.green == green && c.blue == blue;
  };
  CHECK(is(from_hsl(0, 1, 0.5), 255, 0, 0));
  CHECK(is(from_hsl(1.0 / 3, 1, 0.5), 0, 255, 0));
  CHECK(is(from_hsl(2.0 / 3, 1, 0.5), 0, 0, 255));
  CHECK(is(from_hsl(0.3, 0, 1), 255, 255, 255));
  CHECK(is(from_hsl(1, 1, 0.5), 255, 0, 0));
}

}  // namespace
}  // namespace lightfast::providers
