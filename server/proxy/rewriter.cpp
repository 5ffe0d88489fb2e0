#include "server/proxy/rewriter.h"

#include <boost/json.hpp>
#include <set>

#include "server/providers/answer.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;

constexpr int deepest = 32;

struct Found {
  std::vector<std::string> urls;
  std::set<std::string_view> known;
};

void collect(const json::value& value, int depth, Found& found) {
  if (depth > deepest || found.urls.size() > providers::max_outputs) return;
  if (const auto* text = value.if_string()) {
    if (may_be_image(*text) && found.known.insert(*text).second) found.urls.emplace_back(*text);
  } else if (const auto* list = value.if_array()) {
    for (const auto& item : *list) collect(item, depth + 1, found);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) collect(member.value(), depth + 1, found);
  }
}

const HostedImage* find(const HostedUrls& hosted, const json::value& value) {
  const auto* text = value.if_string();
  const auto found = text ? hosted.find(std::string_view(*text)) : hosted.end();
  return found == hosted.end() ? nullptr : &found->second;
}

void describe(json::object& object, const HostedImage& image) {
  if (auto* type = object.if_contains("content_type")) *type = image.content_type;
  if (auto* size = object.if_contains("file_size")) *size = image.size_bytes;
}

void put(json::value& value, int depth, const HostedUrls& hosted) {
  if (depth > deepest) return;
  if (const auto* image = find(hosted, value)) {
    value = image->url;
  } else if (auto* list = value.if_array()) {
    for (auto& item : *list) put(item, depth + 1, hosted);
  } else if (auto* object = value.if_object()) {
    const HostedImage* here = nullptr;
    for (auto& member : *object) {
      if (const auto* found = find(hosted, member.value())) here = found;
      put(member.value(), depth + 1, hosted);
    }
    if (here != nullptr) describe(*object, *here);
  }
}

}  // namespace

bool may_be_image(std::string_view text) {
  return providers::is_output_url(text) && !providers::is_other_than_image(text);
}

std::vector<std::string> image_urls_in(const json::value& value) {
  Found found;
  collect(value, 0, found);
  return std::move(found.urls);
}

void put_hosted(json::value& value, const HostedUrls& hosted) {
  put(value, 0, hosted);
}

std::string moved_url(std::string_view url, std::string_view from, std::string_view to) {
  if (!url.starts_with(from)) return std::string(url);
  const auto rest = url.substr(from.size());
  if (!rest.empty() && rest.front() != '/' && rest.front() != '?') return std::string(url);
  return std::string(to) + std::string(rest);
}

void move_url(json::object& object, std::string_view member, std::string_view from, std::string_view to) {
  auto* value = object.if_contains(member);
  if (value != nullptr && value->is_string()) *value = moved_url(value->as_string(), from, to);
}

}  // namespace lightfast::proxy
