#include "server/jobs/source_images.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/file_system.h"
#include "base/json_strings.h"
#include "server/ingest/address_guard.h"

namespace lightfast::jobs {
namespace {

namespace json = boost::json;

constexpr std::string_view hosted = "/v1/images/hosted/";
constexpr std::chrono::seconds shortest_signature = std::chrono::minutes(15);

bool is_local(const images::ImageUrls& urls) {
  const auto base = parse_http_url(urls.at(""));
  return base && !ingest::may_be_public(*base);
}

std::string target_of(const std::string& url) {
  return url.substr(std::min(url.find(hosted), url.size()));
}

// "/v1/images/hosted/{user}/{id}[.{ext}][?…]"
std::optional<images::ImageById> parse_target(std::string_view target) {
  target = target.substr(hosted.size(), target.find('?') - hosted.size());
  const auto slash = target.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto user = UserId::parse(percent_decode(target.substr(0, slash)).value_or(""));
  const std::string_view name = target.substr(slash + 1);
  const auto dot = std::min(name.find('.'), name.size());
  const auto id = ImageId::parse(name.substr(0, dot));
  if (!user || !id) return std::nullopt;
  return images::ImageById{*user, *id, std::string(name.substr(std::min(dot + 1, name.size())))};
}

Result<std::string> read_all(const images::OpenImage& open) {
  std::string bytes(open.image.file_size, '\0');
  auto count = PosixFileSystem().read_at(open.file->get(), std::as_writable_bytes(std::span(bytes)), 0);
  if (!count) return count.error();
  if (sha256(bytes) != open.image.sha256) {
    return Error{Errc::damaged, "the stored bytes of this image are damaged; it is not sent"};
  }
  return "data:" + open.image.content_type + ";base64," + to_base64(bytes);
}

bool is_mark(char c) {
  return c == '?' || c == '&';
}

}  // namespace

SourceImages::SourceImages(const images::ImageUrls& urls, const images::UrlSigner& signer, images::ImageOpener& opener,
                           Workers& readers, std::chrono::seconds provider_timeout)
    : urls_(urls),
      signer_(signer),
      opener_(opener),
      readers_(readers),
      provider_timeout_(provider_timeout),
      sends_bytes_(is_local(urls)) {}

Timestamp SourceImages::signed_until(Timestamp now) const {
  return images::rounded_expiry(now, std::max(2 * provider_timeout_, shortest_signature));
}

bool SourceImages::is_long_enough(Timestamp signed_until, Timestamp now) const {
  return signed_until >= now + provider_timeout_;
}

Task<Result<std::string>> SourceImages::make_fetchable(std::string input, std::vector<std::string> sources,
                                                       Timestamp signed_until) {
  json::value value = json::parse(input);
  const auto is_source = [&](std::string_view text) {
    return std::find(sources.begin(), sources.end(), text) != sources.end();
  };
  for (const auto& found : strings_in(value, "input", is_source)) {
    std::string plain(*found.text);
    auto url = co_await fetchable(std::move(plain), signed_until);
    if (!url) {
      Error error = url.error();
      error.detail = "`" + found.place + "`: " + error.detail;
      co_return error;
    }
    *found.text = *url;
  }
  co_return json::serialize(value);
}

Task<Result<std::string>> SourceImages::fetchable(std::string url, Timestamp signed_until) {
  std::string target = target_of(url);
  if (!sends_bytes_) co_return urls_.at(signer_.sign(target, signed_until));
  auto bytes = co_await bytes_of(std::move(target));
  co_return bytes;
}

Task<Result<std::string>> SourceImages::bytes_of(std::string target) {
  auto which = parse_target(target);
  if (!which) co_return Error{Errc::internal, "a source image's URL cannot be read"};
  images::ImageOpener::MayRead may_read = [](const db::ImageRecord&) { return true; };
  auto opened = co_await opener_.open(std::move(*which), std::move(may_read));
  if (!opened && opened.error().code == Errc::not_found) {
    co_return Error{Errc::invalid_request, "this image was removed"};
  }
  if (!opened) co_return opened.error();
  auto bytes = co_await readers_.run([&] { return read_all(*opened); });
  co_return bytes;
}

std::string SourceImages::without_signatures(std::string text) const {
  constexpr std::string_view end_of_url = "\"\\ \t\r\n<>()";
  for (auto at = text.find(hosted); at != std::string::npos; at = text.find(hosted, at + 1)) {
    const auto end = std::min(text.find_first_of(end_of_url, at), text.size());
    const auto mark = text.find("exp=", at);
    if (mark < end && is_mark(text[mark - 1]) && text.find("&sig=", mark) < end) text.erase(mark - 1, end - mark + 1);
  }
  return text;
}

}  // namespace lightfast::jobs
