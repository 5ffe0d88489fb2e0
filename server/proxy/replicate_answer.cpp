#include "server/proxy/replicate_answer.h"

#include <algorithm>

#include "server/http/http_text.h"
#include "server/proxy/rewriter.h"

namespace lightfast::proxy::replicate {
namespace {

namespace json = boost::json;

std::string_view status_of(const json::object& prediction) {
  const auto* status = prediction.if_contains("status");
  return status && status->is_string() ? std::string_view(status->as_string()) : std::string_view();
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_running(const json::object& prediction) {
  const auto status = status_of(prediction);
  return status == "starting" || status == "processing";
}

bool has_output(const json::object& prediction) {
  const auto* output = prediction.if_contains("output");
  return output && !output->is_null();
}

bool may_grow(const json::object& prediction, Phase phase) {
  return phase == Phase::asked && is_running(prediction);
}

// Else another server may read a path out of it that this one did not.
bool is_plain(std::string_view part) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; };
  return part.find_first_not_of('.') != part.npos && std::all_of(part.begin(), part.end(), fits);
}

}  // namespace

Call call_of(std::string_view method, std::string_view path) {
  std::vector<std::string_view> parts;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  if (parts.empty() || !path.empty() || !std::all_of(parts.begin(), parts.end(), is_plain)) return Call::other;
  const bool is_get = method == "GET";
  const bool of_a_model = parts.size() == 4 && (parts[0] == "models" || parts[0] == "deployments");
  if (method == "POST" && parts.back() == "predictions" && (parts.size() == 1 || of_a_model)) return Call::create;
  if (is_get && parts.size() == 1 && parts[0] == "predictions") return Call::list;
  if (is_get && parts.size() == 2 && parts[0] == "predictions") return Call::prediction;
  if (method == "POST" && parts.size() == 3 && parts[0] == "predictions" && parts[2] == "cancel") {
    return Call::prediction;
  }
  if (is_get && parts == std::vector<std::string_view>{"webhooks", "default", "secret"}) return Call::secret;
  if (is_get && parts.size() == 2 && parts[0] == "lightfast-streams") return Call::stream;
  if (method == "POST" && parts.size() == 2 && parts[0] == "lightfast-webhooks") return Call::webhook;
  return Call::other;
}

bool is_for_one_user(Call call, std::string_view method, std::string_view path) {
  const bool sends_file = method == "POST" && path == "/files";
  return sends_file || (call != Call::list && call != Call::other);
}

bool waits(std::string_view prefer) {
  while (!prefer.empty()) {
    const auto end = std::min(prefer.find_first_of(",;"), prefer.size());
    const auto preference = http::trim(prefer.substr(0, end));
    if (http::same_name(preference.substr(0, preference.find('=')), "wait")) return true;
    prefer.remove_prefix(std::min(end + 1, prefer.size()));
  }
  return false;
}

std::vector<std::string> final_urls(const json::object& prediction, Phase phase) {
  if (!has_output(prediction) || may_grow(prediction, phase)) return {};
  return image_urls_in(prediction.at("output"));
}

void tidy(json::object& prediction, Phase phase) {
  if (status_of(prediction) == "aborted") prediction["status"] = "canceled";
  const bool is_partial = has_output(prediction) && may_grow(prediction, phase);
  if (is_partial && !image_urls_in(prediction.at("output")).empty()) prediction["output"] = nullptr;
  if (phase == Phase::waited && is_running(prediction) && !has_output(prediction)) prediction["status"] = "starting";
}

void tell_unfinished(json::object& prediction, Phase phase) {
  prediction["status"] = phase == Phase::waited ? "starting" : "processing";
  prediction["output"] = nullptr;
  prediction.erase("completed_at");
  prediction.erase("metrics");
}

void move_links(json::object& answer, std::string_view from, std::string_view to) {
  move_url(answer, "next", from, to);
  move_url(answer, "previous", from, to);
  auto* urls = answer.if_contains("urls");
  if (urls == nullptr || !urls->is_object()) return;
  move_url(urls->as_object(), "get", from, to);
  move_url(urls->as_object(), "cancel", from, to);
}

}  // namespace lightfast::proxy::replicate
