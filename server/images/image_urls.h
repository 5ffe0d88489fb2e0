// The URLs that are handed out. Plain values: any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "db/records.h"

namespace lightfast::images {

class ImageUrls {
 public:
  // Prefixes without a slash at the end; an empty `cdn_base_url` means `public_base_url`.
  ImageUrls(std::string public_base_url, std::string cdn_base_url);

  // Errc::not_configured where no public address is known: a URL handed out must work for ever.
  Result<void> require_configured() const;

  std::string image_url(const db::ImageRecord& image) const;              // …/v1/images/hosted/{user}/{id}.{ext}
  std::string reserved_url(const UserId& user, const ImageId& id) const;  // before the kind is known: no extension
  std::string named_url(const db::ImageRecord& image) const;  // …/v1/images/hosted/{user}/{collection}/{name}
  std::string at(std::string_view path) const { return image_base_url_ + std::string(path); }

  // Of what this server itself must answer, not a cache before it. Errc::not_configured.
  Result<std::string> own_url(std::string_view path) const;

  // The other way: path and query, from "/v1/images/hosted/" on, of a URL that begins as those handed out do, through
  // a cache or not; nullopt for any other.
  std::optional<std::string> hosted_target(std::string_view url) const;

  static std::string image_path(const db::ImageRecord& image);  // of image_url
  static std::string reserved_path(const UserId& user, const ImageId& id);

 private:
  struct Base {
    std::string origin, path;
  };

  std::vector<Base> bases_;
  std::string public_base_url_;
  std::string image_base_url_;
};

}  // namespace lightfast::images
