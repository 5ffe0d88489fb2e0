// POST /v1/images/sign: a URL by which anyone may read one image for a time.
#pragma once

#include "server/guard/caller.h"
#include "server/http/message.h"
#include "server/images/signed_urls.h"
#include "server/jobs/job_service.h"

namespace lightfast::routes {

class SignRoutes {
 public:
  static constexpr std::uint64_t body_limit = 64 * 1024;

  SignRoutes(images::SignedUrls& urls, jobs::JobService& jobs) : urls_(urls), jobs_(jobs) {}

  Task<Result<http::Response>> sign(http::Request& request, guard::Caller caller);

 private:
  Task<Result<images::SignedUrl>> sign_promised(UserId user, ImageId id, images::SigningWish wish);

  images::SignedUrls& urls_;
  jobs::JobService& jobs_;
};

}  // namespace lightfast::routes
