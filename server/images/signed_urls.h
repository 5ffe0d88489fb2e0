// Hands out signed URLs of images. Any thread; it must outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "server/images/image_service.h"
#include "server/images/image_urls.h"
#include "server/images/url_signer.h"

namespace lightfast::images {

// For how long, and of which variant.
struct SigningWish {
  std::chrono::seconds lifetime{3'600};
  std::string variant;                 // as a query, "w=512&format=webp"; empty: the image as it is
  std::optional<Timestamp> not_after;  // the end of the key that asks
};

struct SignedUrl {
  std::string url;
  Timestamp expires_at{};
};

class SignedUrls {
 public:
  SignedUrls(ImageService& images, const ImageUrls& urls, const UrlSigner& signer, const Clock& clock)
      : images_(images), urls_(urls), signer_(signer), clock_(clock) {}

  // Errc::not_found: absent, removed, or another user's. Errc::not_configured: no public address is known.
  Task<Result<SignedUrl>> sign(UserId user, ImageId id, SigningWish wish);
  Task<Result<SignedUrl>> sign(ImageId id, SigningWish wish);  // whoever's it is: admin commands

  // Of an image that is still to come.
  Result<SignedUrl> sign_promised(const UserId& user, const ImageId& id, const SigningWish& wish) const;

 private:
  Result<SignedUrl> sign_image(const Result<db::ImageRecord>& image, const SigningWish& wish) const;
  Result<SignedUrl> sign_path(std::string path, const SigningWish& wish) const;

  ImageService& images_;
  const ImageUrls& urls_;
  const UrlSigner& signer_;
  const Clock& clock_;
};

// {"expires_in", "variant": {"w","h","fit","format","q"}}: all may be absent. Errc::invalid_request names what is
// wrong and what is allowed.
Result<SigningWish> read_signing_wish(const boost::json::object& members);

boost::json::object signed_url_json(const SignedUrl& signed_url);

}  // namespace lightfast::images
