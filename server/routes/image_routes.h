// One image's metadata and removal, and lists: /v1/images/{user}/{id} and /v1/users/{user}/images.
#pragma once

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/image_service.h"
#include "server/images/image_urls.h"

namespace lightfast::routes {

class ImageRoutes {
 public:
  ImageRoutes(images::ImageService& images, const images::ImageUrls& urls, const images::RetentionRule& rule);

  Task<Result<http::Response>> get(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> remove(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> restore(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> pin(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> unpin(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> list(http::Request& request, guard::Caller caller);

 private:
  http::Response show(const db::ImageRecord& image) const;

  images::ImageService& images_;
  const images::ImageUrls& urls_;
  images::RetentionRule rule_;
};

}  // namespace lightfast::routes
