#include "server/providers/answer.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/encoding.h"
#include "server/providers/members.h"

namespace lightfast::providers {
namespace {

namespace json = boost::json;

constexpr int max_depth = 16;
constexpr std::size_t max_message_bytes = 500;
constexpr std::size_t max_raw_string_bytes = 2'048;

constexpr std::chrono::seconds longest_wait = std::chrono::hours(24);  // that a provider may ask for

constexpr std::array<std::string_view, 30> other_extensions = {
    "mp4",  "webm", "mov", "avi",  "mkv",         "mp3",  "wav", "flac", "ogg", "m4a",
    "zip",  "tar",  "gz",  "json", "txt",         "html", "csv", "xml",  "pdf", "glb",
    "gltf", "obj",  "ply", "stl",  "safetensors", "svg",  "srt", "yaml", "npz", "md"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

void collect(const json::value& value, int depth, std::vector<Output>& outputs) {
  if (depth > max_depth || outputs.size() >= max_outputs) return;
  if (const auto* text = value.if_string()) {
    const auto is_same = [text](const Output& output) { return output.url == std::string_view(*text); };
    if (is_output_url(*text) && std::none_of(outputs.begin(), outputs.end(), is_same)) {
      outputs.push_back({std::string(*text), {}});
    }
  } else if (const auto* list = value.if_array()) {
    for (const json::value& item : *list) collect(item, depth + 1, outputs);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) collect(member.value(), depth + 1, outputs);
  }
}

std::string message_in(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (const auto* object = value.if_object()) {
    for (const char* name : {"detail", "error", "message", "msg", "errors", "title"}) {
      const json::value* member = object->if_contains(name);
      if (!member || member->is_null()) continue;
      if (std::string message = message_in(*member); !message.empty()) return message;
    }
  }
  if (const auto* list = value.if_array(); list && !list->empty()) return message_in(list->front());
  return {};
}

// Control characters and runs of blanks become one blank.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (!is_blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::optional<json::value> parse(std::string_view body) {
  boost::system::error_code problem;
  json::value value = json::parse(body, problem);
  if (problem) return std::nullopt;
  return value;
}

std::optional<std::chrono::seconds> to_seconds(std::string_view text) {
  long seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc() || seconds < 0 || seconds > longest_wait.count()) return std::nullopt;
  if (end != text.data() + text.size() && *end != '.') return std::nullopt;
  return std::chrono::seconds(seconds);
}

// "Your rate limit resets in ~30s."
std::optional<std::chrono::seconds> seconds_in_text(std::string_view body) {
  const auto phrase = body.find("resets in ");
  if (phrase == std::string_view::npos) return std::nullopt;
  const auto begin = body.find_first_of("0123456789", phrase);
  if (begin == std::string_view::npos || begin - phrase > 16) return std::nullopt;
  const auto end = std::min(body.find_first_not_of("0123456789", begin), body.size());
  const auto seconds = to_seconds(body.substr(begin, end - begin));
  if (!seconds) return std::nullopt;
  return end < body.size() && body[end] == 'm' ? *seconds * 60 : *seconds;
}

// A copy with long strings cut: those of inline images are never there twice.
json::value with_short_strings(const json::value& value) {
  if (const auto* text = value.if_string(); text && text->size() > max_raw_string_bytes) {
    const std::size_t whole = text->size();
    const std::size_t kept = lower(std::string_view(*text).substr(0, 5)) == "data:" ? 64 : 1'024;
    return json::value(std::string(cut_utf8(*text, kept)) + "… (" + std::to_string(whole) + " bytes)");
  }
  if (const auto* list = value.if_array()) {
    json::array copy;
    for (const json::value& item : *list) copy.push_back(with_short_strings(item));
    return copy;
  }
  if (const auto* object = value.if_object()) {
    json::object copy;
    for (const auto& member : *object) copy.emplace(member.key(), with_short_strings(member.value()));
    return copy;
  }
  return value;
}

}  // namespace

bool is_output_url(std::string_view text) {
  const std::string begin = lower(text.substr(0, 8));
  if (begin.starts_with("data:")) return true;
  // A text that begins with a URL is a text.
  return (begin.starts_with("http://") || begin.starts_with("https://")) &&
         text.find_first_of(" \t\r\n") == std::string_view::npos;
}

bool is_other_than_image(std::string_view url) {
  if (lower(url.substr(0, 5)) == "data:") {
    const std::string type = lower(url.substr(5, 32));
    return !type.starts_with("image/") && !type.starts_with("application/octet-stream") && !type.starts_with(";");
  }
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos || path.find('/', dot) != std::string_view::npos) return false;
  const std::string extension = lower(path.substr(dot + 1));
  return std::find(other_extensions.begin(), other_extensions.end(), extension) != other_extensions.end();
}

std::vector<Output> collect_outputs(const json::value& output) {
  std::vector<Output> outputs;
  collect(output, 0, outputs);
  const auto is_other = [](const Output& candidate) { return is_other_than_image(candidate.url); };
  if (!std::all_of(outputs.begin(), outputs.end(), is_other)) std::erase_if(outputs, is_other);
  return outputs;
}

bool has_holes(const json::value& output) {
  const auto* list = output.if_array();
  return list && std::any_of(list->begin(), list->end(), [](const json::value& item) { return item.is_null(); });
}

std::string error_message(std::string_view body) {
  const auto value = parse(body);
  std::string message = value ? message_in(*value) : std::string();
  if (!value && body.find('<') == std::string_view::npos && is_utf8(body)) message = body;  // no HTML pages
  return std::string(cut_utf8(one_line(message), max_message_bytes));
}

std::optional<std::chrono::seconds> find_retry_after(const HttpAnswer& answer, Timestamp now) {
  if (const auto header = find_header(answer.headers, "Retry-After")) {
    if (const auto seconds = to_seconds(*header)) return seconds;
    if (const auto date = parse_http_date(*header)) {
      return std::clamp(std::chrono::ceil<std::chrono::seconds>(*date - now), std::chrono::seconds(0), longest_wait);
    }
  }
  if (const auto value = parse(answer.body); value && value->is_object()) {
    if (const json::value* member = value->as_object().if_contains("retry_after"); member && member->is_number()) {
      return to_seconds(std::to_string(member->to_number<double>()));
    }
  }
  return seconds_in_text(answer.body);
}

std::optional<Timestamp> parse_provider_time(std::string_view text) {
  const std::size_t seconds_end = std::string_view("2026-01-01T00:00:00").size();
  if (text.size() < seconds_end) return std::nullopt;
  const std::string_view rest = text.substr(seconds_end);
  if (rest.empty() || (rest.back() != 'Z' && !rest.ends_with("+00:00"))) return std::nullopt;
  return parse_iso8601(std::string(text.substr(0, seconds_end)) + "Z");
}

Result<json::object> input_of(const GenerationRequest& request) {
  json::object input;
  if (!request.input.empty()) {
    auto value = parse(request.input);
    if (!value || !value->is_object()) return Error{Errc::invalid_request, "input must be a JSON object"};
    input = std::move(value->as_object());
  }
  if (!input.contains("prompt") && !request.prompt.empty()) input["prompt"] = request.prompt;
  return input;
}

std::string named_model(const GenerationRequest& request, std::string_view fallback) {
  if (!request.model.empty()) return request.model;
  const auto input = input_of(request);
  const std::string_view named = input ? text_of(*input, "model") : std::string_view();
  return std::string(named.empty() ? fallback : named);
}

std::string keep_raw(const json::value& answer) {
  json::value kept = with_short_strings(answer);
  std::string text = json::serialize(kept);
  for (const char* member : {"logs", "input", "output", "urls", "metrics"}) {
    if (text.size() <= max_raw_bytes || !kept.is_object()) break;
    if (kept.as_object().erase(member) == 0) continue;
    kept.as_object()["cut"] = true;
    text = json::serialize(kept);
  }
  return text.size() <= max_raw_bytes ? text : R"({"cut":true})";
}

std::string details_text(const json::object& details) {
  return details.empty() ? std::string() : json::serialize(details);
}

}  // namespace lightfast::providers
