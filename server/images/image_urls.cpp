#include "server/images/image_urls.h"

#include <sstream>

#include "base/encoding.h"
#include "base/http_url.h"

namespace lightfast::images {
namespace {

constexpr std::string_view hosted = "/v1/images/hosted/";

Error no_address() {
  return {Errc::not_configured,
          "this server does not know its public address: set PUBLIC_BASE_URL, or give the service a domain"};
}

}  // namespace

ImageUrls::ImageUrls(std::string public_base_url, std::string cdn_base_url)
    : public_base_url_(std::move(public_base_url)),
      image_base_url_(cdn_base_url.empty() ? public_base_url_ : std::move(cdn_base_url)) {
  for (const auto& text : {public_base_url_, image_base_url_}) {
    if (auto base = parse_http_url(text)) bases_.push_back({base->origin(), base->target == "/" ? "" : base->target});
  }
}

Result<void> ImageUrls::require_configured() const {
  if (image_base_url_.empty()) return no_address();
  return {};
}

Result<std::string> ImageUrls::own_url(std::string_view path) const {
  if (public_base_url_.empty()) return no_address();
  return public_base_url_ + std::string(path);
}

std::string ImageUrls::image_url(const db::ImageRecord& image) const {
  return at(image_path(image));
}

std::string ImageUrls::reserved_url(const UserId& user, const ImageId& id) const {
  return at(reserved_path(user, id));
}

std::optional<std::string> ImageUrls::hosted_target(std::string_view url) const {
  if (url.find(hosted) == std::string_view::npos) return std::nullopt;
  const auto parts = parse_http_url(url);
  if (!parts) return std::nullopt;
  for (const auto& base : bases_) {
    if (parts->origin() == base.origin && parts->target.starts_with(base.path + std::string(hosted))) {
      return parts->target.substr(base.path.size());
    }
  }
  return std::nullopt;
}

std::string ImageUrls::image_path(const db::ImageRecord& image) {
  return reserved_path(image.user, image.id) + image.file_key.substr(image.file_key.rfind('.'));
}

std::string ImageUrls::reserved_path(const UserId& user, const ImageId& id) {
  return std::string(hosted) + percent_encode(user.str()) + "/" + id.str();
}

std::string ImageUrls::named_url(const db::ImageRecord& image) const {
  std::string url = at(hosted) + percent_encode(image.user.str()) + "/" + percent_encode(image.name->collection);
  std::istringstream parts(image.name->name);
  for (std::string part; std::getline(parts, part, '/');) url += "/" + percent_encode(part);
  return url;
}

}  // namespace lightfast::images
