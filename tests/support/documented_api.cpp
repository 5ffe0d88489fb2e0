#include "tests/support/documented_api.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>

#include "base/encoding.h"
#include "tests/support/places.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

// What any request may get, whatever it asks for: `default` in the document.
const std::set<int> anywhere{400, 408, 413, 414, 417, 431, 500, 503};

const json::value& problem_schema() {
  static const json::value schema{{"$ref", "#/components/schemas/Problem"}};
  return schema;
}

json::value read_document() {
  std::ifstream file(source_folder() / "server/routes/openapi.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return json::parse(text);
}

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 1; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    parts.push_back(percent_decode(part).value_or(part));
    begin = end + 1;
  }
  return parts;
}

// Which of two that fit a path is meant: the one that is literal where the other is not, from the left.
std::string rank(const std::vector<std::string>& pattern) {
  std::string rank;
  for (const auto& part : pattern) rank += part.starts_with('{') ? 'b' : 'a';
  return rank;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) {
  return std::equal(pattern.begin(), pattern.end(), parts.begin(), parts.end(), [](const auto& one, const auto& part) {
    return one.starts_with('{') ? !part.empty() && part != "." && part != ".." : one == part;
  });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string essence(const std::string& content_type) {
  return content_type.substr(0, content_type.find(';'));
}

bool is_json(const std::string& type) {
  return type == "application/json" || type == "application/problem+json";
}

// Another server's answers: the rest of their paths is any, and what they say is its own.
bool is_passed_through(const json::object& item) {
  const auto* post = item.if_contains("post");
  return post != nullptr && post->as_object().contains("x-passed-through");
}

Complaints check_problem_alone(const JsonSchemas& schemas, const HttpResponse& response) {
  if (essence(response.header("Content-Type")) != "application/problem+json") return {"is no problem+json"};
  if (response.body.empty()) return {};  // of a HEAD
  return schemas.check(problem_schema(), response.json(), JsonSchemas::Members::named);
}

}  // namespace

DocumentedApi& DocumentedApi::instance() {
  static DocumentedApi api;
  return api;
}

DocumentedApi::DocumentedApi() : schemas_(read_document()) {}

const std::pair<std::string, const json::object*> DocumentedApi::find_path(const std::string& target) const {
  const auto parts = split(target.substr(0, target.find('?')));
  std::pair<std::string, const json::object*> best{"", nullptr};
  std::string best_rank;
  for (const auto& [path, item] : schemas_.document().at("paths").as_object()) {
    auto pattern = split(std::string(path));
    if (is_passed_through(item.as_object())) {
      pattern.pop_back();
      if (parts.size() <= pattern.size() || !std::equal(pattern.begin(), pattern.end(), parts.begin())) continue;
      return {std::string(path), &item.as_object()};
    }
    if (!fits(pattern, parts) || (best.second != nullptr && rank(pattern) >= best_rank)) continue;
    best = {std::string(path), &item.as_object()};
    best_rank = rank(pattern);
  }
  return best;
}

Complaints DocumentedApi::check(const HttpRequest& request, const HttpResponse& response) {
  if (request.method == "OPTIONS" && response.status == 204) return {};
  const auto [path, item] = find_path(request.target);
  if (item != nullptr && is_passed_through(*item)) return {};
  const std::string method = request.method == "HEAD" ? "get" : lower(request.method);
  const json::value* operation = item == nullptr ? nullptr : item->if_contains(method);
  if (operation == nullptr) return check_problem_alone(schemas_, response);

  const json::object& answers = operation->as_object().at("responses").as_object();
  const json::value* documented = answers.if_contains(std::to_string(response.status));
  if (documented != nullptr) {
    std::string upper = method;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return static_cast<char>(c - 32); });
    seen_.emplace(upper + " " + path, response.status);
  } else if (anywhere.contains(response.status)) {
    documented = &answers.at("default");
  } else {
    return {"the status is not documented"};
  }
  Complaints complaints = check_body(schemas_.resolve(*documented), request, response);
  if (response.status < 300 && response.status != 207) {  // 207: some of it may not have been taken
    const Complaints found = check_request(operation->as_object(), request);
    complaints.insert(complaints.end(), found.begin(), found.end());
  }
  return complaints;
}

Complaints DocumentedApi::check_body(const json::object& documented, const HttpRequest& request,
                                     const HttpResponse& response) const {
  const json::value* content = documented.if_contains("content");
  if (content == nullptr) return response.body.empty() ? Complaints() : Complaints{"a body where none is documented"};
  const std::string type = essence(response.header("Content-Type"));
  const json::value* media = content->as_object().if_contains(type);
  if (media == nullptr) return {"the content type " + type + " is not documented"};
  if (request.method == "HEAD" || !is_json(type)) return {};
  return schemas_.check(media->at("schema"), response.json(), JsonSchemas::Members::named);
}

// What the server took must be what it is said to take; members that it passes over may be there.
Complaints DocumentedApi::check_request(const json::object& operation, const HttpRequest& request) const {
  const json::value* body = operation.if_contains("requestBody");
  if (body == nullptr) return {};
  const json::value* media = body->at("content").as_object().if_contains("application/json");
  boost::system::error_code problem;
  const json::value sent = json::parse(request.body, problem);
  if (media == nullptr || problem || !sent.is_object()) return {};
  Complaints found = schemas_.check(media->at("schema"), sent, JsonSchemas::Members::any);
  for (auto& complaint : found) complaint = "the request was taken, and yet " + complaint;
  return found;
}

DocumentedApi::Answers DocumentedApi::documented() const {
  Answers all;
  for (const auto& [path, item] : schemas_.document().at("paths").as_object()) {
    for (const auto& [method, operation] : item.as_object()) {
      std::string name(method);
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(c - 32); });
      for (const auto& [status, answer] : operation.at("responses").as_object()) {
        if (status != "default") all.emplace(name + " " + std::string(path), std::stoi(std::string(status)));
      }
    }
  }
  return all;
}

}  // namespace lightfast::test
