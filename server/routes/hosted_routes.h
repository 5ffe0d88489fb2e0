// GET and HEAD of hosted images: the URLs that are handed out for ever.
#pragma once

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/access_recorder.h"
#include "server/images/image_opener.h"

namespace lightfast::routes {

class HostedRoutes {
 public:
  HostedRoutes(const guard::ApiKeyGuard& guard, images::ImageOpener& opener, images::AccessRecorder& accesses);

  Task<Result<http::Response>> incomplete(http::Request& request);  // {user} alone names no image
  Task<Result<http::Response>> by_id(http::Request& request);    // {user}/{id}[.{ext}]
  Task<Result<http::Response>> by_name(http::Request& request);  // {user}/{collection}/{name}[/{rest}]

 private:
  images::ImageOpener::MayRead may_read(const http::Request& request) const;
  http::Response answer(const http::Request& request, const images::OpenImage& open, bool immutable);

  const guard::ApiKeyGuard& guard_;
  images::ImageOpener& opener_;
  images::AccessRecorder& accesses_;
};

}  // namespace lightfast::routes
