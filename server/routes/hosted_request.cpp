#include "server/routes/hosted_request.h"

#include <charconv>

#include "server/http/request_target.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {

// A dot with nothing behind it is part of no name.
std::optional<images::ImageById> image_by_id(const http::Request& request) {
  const std::string& text = request.param("id");
  const auto dot = text.find('.');
  auto user = UserId::parse(request.param("user"));
  auto id = ImageId::parse(text.substr(0, dot));
  if (!user || !id || dot == text.size() - 1) return std::nullopt;
  return images::ImageById{*user, *id, dot == std::string::npos ? std::string() : text.substr(dot + 1)};
}

std::optional<images::ImageByName> image_by_name(const http::Request& request) {
  auto user = UserId::parse(request.param("user"));
  if (!user) return std::nullopt;
  auto name = path_name(request);
  if (!name) return std::nullopt;
  images::ImageByName which{std::move(*user), std::move(*name)};
  if (const std::string* version = request.query.find("version")) {
    const auto [end, problem] = std::from_chars(version->data(), version->data() + version->size(), which.version);
    if (problem != std::errc() || end != version->data() + version->size() || which.version == 0) return std::nullopt;
  }
  return which;
}

std::optional<HostedImage> image_at(const std::string& target) {
  http::Request request;
  request.method = http::Method::get;
  request.target = target;
  if (!http::parse_target(request)) return std::nullopt;
  constexpr std::size_t parts_before = 3;  // v1, images, hosted
  const std::size_t parts = request.segments.size();
  const auto name_parts = [&](std::initializer_list<const char*> names) {
    std::size_t index = parts_before;
    for (const char* name : names) request.params.emplace_back(name, request.segments[index++]);
  };
  if (parts == parts_before + 2) {
    name_parts({"user", "id"});
    return image_by_id(request);
  }
  if (parts == parts_before + 3)
    name_parts({"user", "collection", "name"});
  else if (parts == parts_before + 4)
    name_parts({"user", "collection", "name", "rest"});
  else
    return std::nullopt;
  return image_by_name(request);
}

}  // namespace lightfast::routes
