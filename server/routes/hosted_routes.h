// GET and HEAD of hosted images: the URLs that are handed out for ever.
#pragma once

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/access_recorder.h"
#include "server/images/image_opener.h"
#include "server/jobs/job_service.h"

namespace lightfast::routes {

class HostedRoutes {
 public:
  HostedRoutes(const guard::ApiKeyGuard& guard, images::ImageOpener& opener, images::AccessRecorder& accesses,
               jobs::JobService& jobs);

  Task<Result<http::Response>> incomplete(http::Request& request);  // {user} alone names no image
  Task<Result<http::Response>> by_id(http::Request& request);       // {user}/{id}[.{ext}]
  Task<Result<http::Response>> by_name(http::Request& request);     // {user}/{collection}/{name}[/{rest}]

 private:
  Task<Result<http::Response>> promised(http::Request& request, images::ImageById which);
  images::ImageOpener::MayRead may_read(const http::Request& request) const;
  http::Response answer(const http::Request& request, const images::OpenImage& open, bool immutable);

  const guard::ApiKeyGuard& guard_;
  images::ImageOpener& opener_;
  images::AccessRecorder& accesses_;
  jobs::JobService& jobs_;
};

}  // namespace lightfast::routes
