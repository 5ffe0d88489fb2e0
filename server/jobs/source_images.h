// Images of ours that a generation starts from, made into what its provider can get at: a URL signed for a while, or,
// where nobody outside can reach this server, the bytes themselves. Which ones a caller may use was decided before
// (routes/own_images). Any thread; it must outlive its coroutines.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/workers.h"
#include "server/images/image_opener.h"
#include "server/images/image_urls.h"
#include "server/images/url_signer.h"

namespace lightfast::jobs {

class SourceImages {
 public:
  // Of the images of one input together, when their bytes are sent: 10 MB as base64, which is what providers take.
  static constexpr std::uint64_t max_bytes_sent = 7 << 20;

  SourceImages(const images::ImageUrls& urls, const images::UrlSigner& signer, images::ImageOpener& opener,
               Workers& readers, std::chrono::seconds provider_timeout);

  bool sends_bytes() const { return sends_bytes_; }

  // Until when URLs are signed from now on: the same for a while, and long enough for a generation that waits.
  Timestamp signed_until(Timestamp now) const;
  bool is_long_enough(Timestamp signed_until, Timestamp now) const;

  // `input` (a JSON object's text) with each of `sources` in it made fetchable; the same for the same arguments.
  // Errc::invalid_request, naming the member: the image is gone.
  Task<Result<std::string>> make_fetchable(std::string input, std::vector<std::string> sources, Timestamp signed_until);

  // What a provider says may hold the URLs that it was sent: without what opens them.
  std::string without_signatures(std::string text) const;

 private:
  Task<Result<std::string>> fetchable(std::string url, Timestamp signed_until);
  Task<Result<std::string>> bytes_of(std::string target);

  const images::ImageUrls& urls_;
  const images::UrlSigner& signer_;
  images::ImageOpener& opener_;
  Workers& readers_;
  const std::chrono::seconds provider_timeout_;
  const bool sends_bytes_;
};

}  // namespace lightfast::jobs
