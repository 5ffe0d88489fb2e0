#include "server/proxy/rewriter.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "server/providers/answer.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;

const HostedUrls hosted{{"https://d/a.png", {"https://us/a.webp", "image/webp", 42}},
                        {"data:image/png;base64,AA==", {"https://us/b.png", "image/png", 1}}};

json::value rewritten(std::string_view text) {
  json::value value = json::parse(text);
  put_hosted(value, hosted);
  return value;
}

TEST_CASE("image URLs are found anywhere, each once, and what is no image is none") {
  const json::value output = json::parse(R"([
    "https://d/a.png", {"mask": "https://d/b", "deep": [["data:image/png;base64,AA=="]], "n": 1}, null,
    "https://d/a.png", "a text with https://d/c.png in it", "https://d/video.mp4", "https://d/model.safetensors?x=.png",
    "data:text/plain,hello", "ftp://d/a.png", "HTTPS://D/e.WEBP"])");
  CHECK(image_urls_in(output) ==
        std::vector<std::string>{"https://d/a.png", "https://d/b", "data:image/png;base64,AA==", "HTTPS://D/e.WEBP"});
}

TEST_CASE("of very many image URLs no more are looked for than tell that there are too many") {
  json::array output;
  for (std::size_t i = 0; i < 3 * providers::max_outputs; ++i) {
    output.emplace_back("https://d/" + std::to_string(i / 2) + ".png");
  }
  const auto urls = image_urls_in(output);
  REQUIRE(urls.size() == providers::max_outputs + 1);
  CHECK(urls.back() == "https://d/" + std::to_string(providers::max_outputs) + ".png");
}

TEST_CASE("hosted URLs stand in the place of the provider's and all else stays") {
  CHECK(rewritten(R"("https://d/a.png")") == json::value("https://us/a.webp"));
  CHECK(rewritten(R"(["https://d/a.png", null, "https://d/z.png", 1.5, {"x": "data:image/png;base64,AA=="}])") ==
        json::parse(R"(["https://us/a.webp", null, "https://d/z.png", 1.5, {"x": "https://us/b.png"}])"));
  CHECK(rewritten(R"("see https://d/a.png")") == json::value("see https://d/a.png"));
}

TEST_CASE("what describes the file beside a replaced URL is corrected") {
  CHECK(rewritten(R"({"url":"https://d/a.png","content_type":"image/png","file_size":7,"width":8})") ==
        json::parse(R"({"url":"https://us/a.webp","content_type":"image/webp","file_size":42,"width":8})"));
  CHECK(rewritten(R"({"url":"https://d/z.png","content_type":"image/png"})") ==
        json::parse(R"({"url":"https://d/z.png","content_type":"image/png"})"));
  CHECK(rewritten(R"({"url":"https://d/a.png"})") == json::parse(R"({"url":"https://us/a.webp"})"));
}

TEST_CASE("links of the API lead back here and no others do") {
  const std::string from = "https://api.replicate.com/v1", to = "https://us/replicate/v1";
  CHECK(moved_url(from + "/predictions/x?c=1", from, to) == to + "/predictions/x?c=1");
  CHECK(moved_url("https://api.replicate.com/v10/x", from, to) == "https://api.replicate.com/v10/x");
  CHECK(moved_url("https://api.replicate.com.evil/v1/x", from, to) == "https://api.replicate.com.evil/v1/x");
}

}  // namespace
}  // namespace lightfast::proxy
