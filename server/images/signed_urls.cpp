#include "server/images/signed_urls.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/json_members.h"

namespace lightfast::images {
namespace {

namespace json = boost::json;

constexpr std::int64_t longest_lifetime = 365 * 86'400;
constexpr std::int64_t longest_side = 16'384;

void add_parameter(std::string& query, std::string_view name, std::string_view value) {
  query += (query.empty() ? "" : "&") + std::string(name) + "=" + std::string(value);
}

Result<void> add_number(const json::object& variant, std::string_view name, std::int64_t most, std::string& query) {
  auto number = integer_member(variant, name, 1, most);
  if (!number) return number.error();
  if (*number) add_parameter(query, name, std::to_string(**number));
  return {};
}

template <std::size_t N>
Result<void> add_word(const json::object& variant, std::string_view name, const std::array<std::string_view, N>& words,
                      std::string& query) {
  auto word = string_member(variant, name);
  if (!word) return word.error();
  if (!*word) return {};
  if (std::find(words.begin(), words.end(), **word) != words.end()) {
    add_parameter(query, name, **word);
    return {};
  }
  std::string allowed = "one of";
  for (const auto known : words) allowed += " " + std::string(known);
  return wrong_member(name, allowed);
}

// Always in this order, so that the same wish is the same URL.
Result<std::string> variant_query(const json::object& variant) {
  constexpr std::array<std::string_view, 3> fits{"cover", "contain", "inside"};
  constexpr std::array<std::string_view, 4> formats{"webp", "jpeg", "png", "avif"};
  std::string query;
  if (auto added = add_number(variant, "w", longest_side, query); !added) return added.error();
  if (auto added = add_number(variant, "h", longest_side, query); !added) return added.error();
  if (auto added = add_word(variant, "fit", fits, query); !added) return added.error();
  if (auto added = add_word(variant, "format", formats, query); !added) return added.error();
  if (auto added = add_number(variant, "q", 100, query); !added) return added.error();
  return query;
}

}  // namespace

Task<Result<SignedUrl>> SignedUrls::sign(UserId user, ImageId id, SigningWish wish) {
  auto image = co_await images_.get(std::move(user), std::move(id));
  co_return sign_image(image, wish);
}

Task<Result<SignedUrl>> SignedUrls::sign(ImageId id, SigningWish wish) {
  auto image = co_await images_.get(std::move(id));
  co_return sign_image(image, wish);
}

Result<SignedUrl> SignedUrls::sign_promised(const UserId& user, const ImageId& id, const SigningWish& wish) const {
  return sign_path(ImageUrls::reserved_path(user, id), wish);
}

Result<SignedUrl> SignedUrls::sign_image(const Result<db::ImageRecord>& image, const SigningWish& wish) const {
  if (!image) return image.error();
  if (image->deleted_at) return Error{Errc::not_found, "this image was removed"};
  return sign_path(ImageUrls::image_path(*image), wish);
}

Result<SignedUrl> SignedUrls::sign_path(std::string path, const SigningWish& wish) const {
  if (auto configured = urls_.require_configured(); !configured) return configured.error();
  Timestamp expires_at = rounded_expiry(clock_.now(), wish.lifetime);
  if (wish.not_after) expires_at = std::min(expires_at, *wish.not_after);
  expires_at = std::chrono::floor<std::chrono::seconds>(expires_at);
  if (!wish.variant.empty()) path += "?" + wish.variant;
  return SignedUrl{urls_.at(signer_.sign(path, expires_at)), expires_at};
}

Result<SigningWish> read_signing_wish(const json::object& members) {
  SigningWish wish;
  auto lifetime = integer_member(members, "expires_in", 1, longest_lifetime);
  if (!lifetime) return lifetime.error();
  if (*lifetime) wish.lifetime = std::chrono::seconds(**lifetime);
  const auto* variant = find_member(members, "variant");
  if (variant == nullptr) return wish;
  if (!variant->is_object()) return wrong_member("variant", "an object {w, h, fit, format, q}");
  auto query = variant_query(variant->as_object());
  if (!query) return query.error();
  wish.variant = std::move(*query);
  return wish;
}

json::object signed_url_json(const SignedUrl& signed_url) {
  return {{"url", signed_url.url}, {"expires_at", to_iso8601(signed_url.expires_at)}};
}

}  // namespace lightfast::images
