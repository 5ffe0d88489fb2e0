#include "server/images/source_lookup.h"

#include "base/http_url.h"
#include "db/access.h"

namespace lightfast::images {
namespace {

// Where what stands behind '?' only opens a file and never chooses one: OpenAI's images lie there, under a signature
// that is another one each time it is asked for.
constexpr std::string_view signed_host = ".blob.core.windows.net";

// The part before a signature; empty where the query may say which file is meant.
std::string before_signature(const std::string& url) {
  const auto parts = parse_http_url(url);
  if (!parts || !parts->host.ends_with(signed_host)) return {};
  return url.substr(0, url.find('?'));
}

Result<db::ImageRecord> find_in(const db::Session& session, const std::optional<UserId>& user, const std::string& url) {
  auto image = session.images().find_by_source(user, url);
  if (!image) return image.error();
  if (*image) return std::move(**image);
  auto job = session.jobs().find_awaiting(user, url);
  if (!job) return job.error();
  if (*job) return Error{Errc::pending, "the image at this URL is being fetched", std::chrono::seconds(5)};
  if (const std::string before = before_signature(url); !before.empty()) {
    image = session.images().find_by_source_path(user, before);
    if (!image) return image.error();
    if (*image) return std::move(**image);
  }
  return Error{Errc::not_found, user ? "nothing of this user that is here came from this URL"
                                     : "nothing that is here came from this URL"};
}

}  // namespace

Task<Result<db::ImageRecord>> SourceLookup::find(std::optional<UserId> user, std::string url) {
  auto found = co_await readers_.run(
      [&] { return db::read(database_, [&](const db::Session& session) { return find_in(session, user, url); }); });
  co_return found;
}

}  // namespace lightfast::images
