#include "server/proxy/openai_request.h"

#include <algorithm>
#include <boost/json.hpp>

#include "server/http/http_text.h"
#include "server/http/multipart.h"

namespace lightfast::proxy::openai {
namespace {

namespace json = boost::json;

constexpr std::string_view refused_member = "response_format";

// gpt-image-1 and its kin, chatgpt-image-latest.
bool answers_with_base64_alone(std::string_view model) {
  return model.starts_with("gpt-image") || model.starts_with("chatgpt-image");
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

ImageRequest read_json(std::string_view body) {
  ImageRequest request;
  boost::system::error_code problem;
  json::value value = json::parse(body, problem);
  if (problem || !value.is_object()) return request;
  json::object& members = value.as_object();
  request.model = text_of(members, "model");
  request.prompt = text_of(members, "prompt");
  request.wants_url = text_of(members, refused_member) == "url";
  if (!answers_with_base64_alone(request.model) || !members.contains(refused_member)) return request;
  members.erase(refused_member);
  request.body = json::serialize(value);
  return request;
}

// A part as it stands in the body, from its delimiter to the next one.
struct Part {
  std::string name;
  std::string_view value;
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::string name_in(std::string_view head) {
  for (auto at = head.find("name=\""); at != head.npos; at = head.find("name=\"", at + 1)) {
    if (at > 0 && head[at - 1] != ' ' && head[at - 1] != ';') continue;  // filename="
    const auto begin = at + 6;
    const auto end = head.find('"', begin);
    return end == head.npos ? std::string() : std::string(head.substr(begin, end - begin));
  }
  return {};
}

// Calls `visit` for each part but files, in order, as long as the form is well made.
template <class Visit>
void each_field(std::string_view body, const std::string& boundary, Visit visit) {
  const std::string delimiter = "--" + boundary;
  const std::string next = "\r\n" + delimiter;
  std::size_t begin = body.find(delimiter);
  while (begin != body.npos) {
    const auto head = begin + delimiter.size() + 2;
    if (body.substr(head - 2, 2) != "\r\n") return;
    const auto blank = body.find("\r\n\r\n", head - 2);
    const auto end = blank == body.npos ? body.npos : body.find(next, blank + 2);
    if (end == body.npos) return;
    const auto fields = body.substr(head, blank - std::min(blank, head));
    Part part{name_in(fields), {}, begin, end + 2};
    if (blank + 4 <= end) part.value = body.substr(blank + 4, end - blank - 4);
    if (fields.find("filename=") == fields.npos) visit(part);
    begin = end + 2;
  }
}

ImageRequest read_form(std::string_view body, const std::string& boundary) {
  ImageRequest request;
  std::optional<Part> format;
  each_field(body, boundary, [&](const Part& part) {
    if (part.name == "model") request.model = part.value;
    if (part.name == "prompt") request.prompt = part.value;
    if (part.name == refused_member) format = part;
  });
  request.wants_url = format && format->value == "url";
  if (!format || !answers_with_base64_alone(request.model)) return request;
  request.body = std::string(body.substr(0, format->begin)) + std::string(body.substr(format->end));
  return request;
}

}  // namespace

bool makes_images(std::string_view method, std::string_view path) {
  return method == "POST" && (path == "/images/generations" || path == "/images/edits" || path == "/images/variations");
}

bool is_for_one_user(std::string_view method, std::string_view path) {
  if (method == "GET") return path == "/models";
  constexpr std::string_view makers[] = {"/chat/completions", "/completions",          "/responses",
                                         "/embeddings",       "/audio/transcriptions", "/audio/translations",
                                         "/audio/speech",     "/moderations"};
  const bool makes = std::find(std::begin(makers), std::end(makers), path) != std::end(makers);
  return makes_images(method, path) || (method == "POST" && makes);
}

ImageRequest read_image_request(std::string_view body, std::string_view content_type) {
  if (const auto boundary = http::multipart_boundary(content_type)) return read_form(body, *boundary);
  return read_json(body);
}

}  // namespace lightfast::proxy::openai
