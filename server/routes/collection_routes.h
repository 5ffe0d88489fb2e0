// Named images from above: /v1/users/{user}/collections, the names in one, a name's versions, and rolling back.
#pragma once

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/collection_service.h"
#include "server/images/image_urls.h"
#include "server/images/retention_rule.h"

namespace lightfast::routes {

class CollectionRoutes {
 public:
  static constexpr std::uint64_t body_limit = 64 << 10;

  CollectionRoutes(images::CollectionService& collections, const images::ImageUrls& urls,
                   const images::RetentionRule& rule);

  Task<Result<http::Response>> list(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> names(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> name(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> versions(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> set_current(http::Request& request, guard::Caller caller);

 private:
  images::CollectionService& collections_;
  const images::ImageUrls& urls_;
  images::RetentionRule rule_;
};

}  // namespace lightfast::routes
