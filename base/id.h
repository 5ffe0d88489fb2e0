// The names of things: users (given by the caller) and images (given by us). Strong types that exist only when valid.
// Plain values: any thread.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace lightfast {

// Owner of images: 1–128 characters of A-Z a-z 0-9 _ . @ : | + = ~ -, not starting with '.' or '-', and none of the
// words that stand in the user's place in our own paths (hosted, generate, import, upload, sign). Case matters.
class UserId {
 public:
  // Errc::invalid_user_id, saying what is allowed.
  static Result<UserId> parse(std::string_view text);
  static UserId fallback() { return UserId("default"); }  // where a caller gives none

  const std::string& str() const { return text_; }
  auto operator<=>(const UserId&) const = default;

 private:
  explicit UserId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// "img_" and a ULID of 26 lower-case Crockford base32 characters: 48 bits of milliseconds, 80 random bits.
// Sorts by time of making.
class ImageId {
 public:
  // Errc::not_found for anything else: a malformed id is simply no image.
  static Result<ImageId> parse(std::string_view text);

  const std::string& str() const { return text_; }
  Timestamp made_at() const;
  auto operator<=>(const ImageId&) const = default;

 private:
  friend class IdGenerator;
  explicit ImageId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Makes ids from the clock and the system's random source (getrandom). Any thread.
class IdGenerator {
 public:
  explicit IdGenerator(const Clock& clock) : clock_(clock) {}
  ImageId next_image_id() const;
  std::string next(std::string_view prefix) const;  // prefix + ULID, for jobs, requests, …

 private:
  const Clock& clock_;
};

// Fills `bytes` from getrandom(2).
std::string random_bytes(std::size_t count);

}  // namespace lightfast

template <>
struct std::hash<lightfast::UserId> {
  std::size_t operator()(const lightfast::UserId& id) const { return std::hash<std::string>()(id.str()); }
};
template <>
struct std::hash<lightfast::ImageId> {
  std::size_t operator()(const lightfast::ImageId& id) const { return std::hash<std::string>()(id.str()); }
};
