#include "server/providers/inline_images.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/data_uri.h"
#include "server/providers/answer.h"

namespace lightfast::providers {
namespace {

namespace json = boost::json;

constexpr int max_depth = 8;
constexpr std::uint64_t max_image_bytes = 64 << 20;
constexpr std::array<std::string_view, 6> image_names = {"b64_json", "image", "images", "url", "base64", "data"};

bool is_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") || is_data_uri(text);
}

void add(std::string_view text, std::vector<Output>& outputs) {
  if (is_url(text)) return outputs.push_back({std::string(text), {}});
  if (auto inlined = parse_inline_bytes(text, max_image_bytes)) outputs.push_back({{}, std::move(inlined->bytes)});
}

void collect(const json::value& value, std::string_view name, int depth, std::vector<Output>& outputs) {
  if (depth > max_depth || outputs.size() >= max_outputs) return;
  if (const auto* text = value.if_string()) {
    if (std::find(image_names.begin(), image_names.end(), name) != image_names.end()) add(*text, outputs);
  } else if (const auto* list = value.if_array()) {
    for (const json::value& item : *list) collect(item, name, depth + 1, outputs);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) collect(member.value(), member.key(), depth + 1, outputs);
  }
}

std::string content_type_of(const HttpAnswer& answer) {
  return std::string(find_header(answer.headers, "Content-Type").value_or(""));
}

}  // namespace

std::vector<Output> collect_images(const json::value& answer) {
  std::vector<Output> outputs;
  collect(answer, "", 0, outputs);
  return outputs;
}

// What has no type, or says that it is just bytes, is told by its first byte.
bool is_image_answer(const HttpAnswer& answer) {
  const std::string type = content_type_of(answer);
  if (type.starts_with("image/")) return true;
  const bool is_silent = type.empty() || type.find("octet-stream") != std::string::npos;
  return is_silent && !answer.body.empty() && answer.body.find_first_of("{[<") != 0;
}

Prediction made_of(HttpAnswer answer) {
  Prediction prediction;
  prediction.state = Prediction::State::succeeded;
  prediction.raw =
      json::serialize(json::object{{"content_type", content_type_of(answer)}, {"size_bytes", answer.body.size()}});
  prediction.outputs.push_back({{}, std::move(answer.body)});
  return prediction;
}

}  // namespace lightfast::providers
