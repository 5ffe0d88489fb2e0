// Images of ours that a request gives its provider as an input: whether the caller may read them is asked before
// anything is paid for, and what is kept of their URLs is how to find them, nothing that opens them. It must outlive
// its coroutines.
#pragma once

#include "server/guard/caller.h"
#include "server/images/image_opener.h"
#include "server/images/image_urls.h"
#include "server/images/url_signer.h"
#include "server/jobs/job_service.h"
#include "server/jobs/source_images.h"
#include "server/routes/hosted_request.h"

namespace lightfast::routes {

class OwnImages {
 public:
  OwnImages(images::ImageOpener& opener, jobs::JobService& jobs, const jobs::SourceImages& sources,
            const images::ImageUrls& urls, const images::UrlSigner& signer, const Clock& clock);

  // Every string in the inputs that is a URL of a hosted image becomes one without a signature, and goes to
  // `what.source_images` where a provider needs help to fetch it; its image is a parent of what the attempt makes.
  // Errors name the member. Errc::invalid_request: there is no such image, the caller may not read it, or there is too
  // much to be sent along; Errc::pending, Errc::damaged.
  Task<Result<void>> settle(jobs::JobRequest& what, guard::Caller caller);

 private:
  struct Found {
    std::string target;  // its own, without a signature
    db::Visibility visibility = db::Visibility::private_;
    std::uint64_t size_bytes = 0;
    ImageId id;
    UserId user;
    std::optional<db::ImageName> name = {};
    std::uint32_t version = 0;
  };

  Task<Result<void>> settle_input(jobs::JobRequest& what, std::size_t attempt, std::string place,
                                  const guard::Caller& caller);
  static void note_parent(jobs::Attempt& attempt, const ingest::NewImage& to_be, const Found& found);
  Task<Result<Found>> find(std::string target, images::ImageOpener::MayRead may_read);
  Task<Result<Found>> find_promised(images::ImageById which, images::ImageOpener::MayRead may_read);
  Task<Result<images::OpenImage>> open(HostedImage which, images::ImageOpener::MayRead may_read);
  images::ImageOpener::MayRead reader(const guard::Caller& caller, const std::string& target) const;

  images::ImageOpener& opener_;
  jobs::JobService& jobs_;
  const jobs::SourceImages& sources_;
  const images::ImageUrls& urls_;
  const images::UrlSigner& signer_;
  const Clock& clock_;
};

}  // namespace lightfast::routes
