// GET and HEAD of hosted images: the URLs that are handed out for ever.
#pragma once

#include "server/fast/answer_cache.h"
#include "server/guard/api_key_guard.h"
#include "server/guard/hotlinks.h"
#include "server/http/message.h"
#include "server/images/access_recorder.h"
#include "server/images/image_opener.h"
#include "server/images/url_signer.h"
#include "server/jobs/job_service.h"

namespace lightfast::routes {

class HostedRoutes {
 public:
  HostedRoutes(const guard::ApiKeyGuard& guard, const guard::Hotlinks& hotlinks, const images::UrlSigner& signer,
               images::ImageOpener& opener, images::AccessRecorder& accesses, jobs::JobService& jobs,
               fast::AnswerCache& cache, const Clock& clock);

  Task<Result<http::Response>> incomplete(http::Request& request);  // {user} alone names no image
  Task<Result<http::Response>> by_id(http::Request& request);       // {user}/{id}[.{ext}]
  Task<Result<http::Response>> by_name(http::Request& request);     // {user}/{collection}/{name}[/{rest}]

 private:
  // What a request brings that opens private images.
  struct Reader {
    std::optional<guard::Caller> caller;
    std::optional<Timestamp> signed_until;
    bool operator()(const db::ImageRecord& image) const;
  };

  Result<Reader> reader_of(const http::Request& request) const;
  Task<Result<http::Response>> promised(http::Request& request, Reader reader, images::ImageById which);
  std::string cache_rule(const db::ImageRecord& image, const Reader& reader, bool immutable) const;
  http::Headers headers_of(const db::ImageRecord& image, std::string_view cache_rule, bool attachment) const;
  http::Response answer(const http::Request& request, const Reader& reader, const images::OpenImage& open,
                        bool immutable);

  const guard::ApiKeyGuard& guard_;
  const guard::Hotlinks& hotlinks_;
  const images::UrlSigner& signer_;
  images::ImageOpener& opener_;
  images::AccessRecorder& accesses_;
  jobs::JobService& jobs_;
  fast::AnswerCache& cache_;
  const Clock& clock_;
};

}  // namespace lightfast::routes
