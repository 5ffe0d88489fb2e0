#include "server/routes/hosted_routes.h"

#include <algorithm>

#include "server/http/representation.h"
#include "server/routes/hosted_request.h"
#include "server/routes/signature.h"

namespace lightfast::routes {
namespace {

Error no_such_image() {
  return {Errc::not_found, "there is no such image"};
}

bool wants_attachment(const http::Request& request) {
  const std::string* download = request.query.find("download");
  return download != nullptr && *download == "1";
}

http::Representation representation_of(const images::OpenImage& open) {
  const db::ImageRecord& image = open.image;
  return {open.file, image.file_size, image.content_type, "\"" + image.sha256.hex() + "\"", image.created_at};
}

}  // namespace

HostedRoutes::HostedRoutes(const guard::ApiKeyGuard& guard, const guard::Hotlinks& hotlinks,
                           const images::UrlSigner& signer, images::ImageOpener& opener,
                           images::AccessRecorder& accesses, jobs::JobService& jobs, fast::AnswerCache& cache,
                           const Clock& clock)
    : guard_(guard),
      hotlinks_(hotlinks),
      signer_(signer),
      opener_(opener),
      accesses_(accesses),
      jobs_(jobs),
      cache_(cache),
      clock_(clock) {}

Task<Result<http::Response>> HostedRoutes::incomplete(http::Request&) {
  co_return no_such_image();
}

Task<Result<http::Response>> HostedRoutes::by_id(http::Request& request) {
  auto reader = reader_of(request);
  if (!reader) co_return reader.error();
  auto which = image_by_id(request);
  if (!which) co_return no_such_image();
  const auto ticket = cache_.ticket(which->id);
  auto opened = co_await opener_.open(*which, *reader);
  if (!opened && opened.error().code == Errc::not_found && which->extension.empty()) {
    co_return co_await promised(request, std::move(*reader), std::move(*which));
  }
  if (!opened) co_return opened.error();
  cache_.offer(ticket, *opened, representation_of(*opened),
               headers_of(opened->image, cache_rule(opened->image, *reader, true), false));
  co_return answer(request, *reader, *opened, true);
}

// The URL was handed out before there was an image. It may have become one that was here already, under another id;
// else wait for it.
Task<Result<http::Response>> HostedRoutes::promised(http::Request& request, Reader reader, images::ImageById which) {
  auto known = co_await opener_.open_aliased(which, reader);
  if (known) co_return answer(request, reader, *known, true);
  if (known.error().code != Errc::not_found) co_return known.error();
  auto promise = co_await jobs_.find_promise(which.user, which.id);
  if (!promise) co_return promise.error();
  db::ImageRecord to_be{.id = which.id, .user = which.user};
  to_be.visibility = promise->visibility;
  if (!reader(to_be)) co_return no_such_image();
  auto image = co_await jobs_.await_image(std::move(*promise));
  if (!image) co_return image.error();
  which.id = image->id;  // no temporary in the co_await's statement: g++ 12 would free its strings twice
  auto opened = co_await opener_.open(std::move(which), reader);
  if (!opened) co_return opened.error();
  co_return answer(request, reader, *opened, true);
}

Task<Result<http::Response>> HostedRoutes::by_name(http::Request& request) {
  auto reader = reader_of(request);
  if (!reader) co_return reader.error();
  auto which = image_by_name(request);
  if (!which) co_return no_such_image();
  const bool immutable = which->version != 0;
  auto opened = co_await opener_.open(std::move(*which), *reader);
  if (!opened) co_return opened.error();
  co_return answer(request, *reader, *opened, immutable);
}

// Credentials that are no valid key are passed over: some SDKs send their provider's token to every URL they read. A
// signature that is not valid is refused, whatever the URL. Who brings neither may be asked where he comes from.
Result<HostedRoutes::Reader> HostedRoutes::reader_of(const http::Request& request) const {
  auto signed_until = signature_of(request, signer_, clock_.now());
  if (!signed_until) return signed_until.error();
  auto identified = guard_.identify(request);
  Reader reader{identified ? std::move(*identified) : std::nullopt, *signed_until};
  const bool is_known = reader.caller || reader.signed_until;
  const auto origin = request.headers.combined("Origin"), referer = request.headers.combined("Referer");
  if (is_known || hotlinks_.allow(origin, referer)) return reader;
  return Error{Errc::forbidden, "this image is not for pages of other sites"};
}

bool HostedRoutes::Reader::operator()(const db::ImageRecord& image) const {
  if (image.visibility == db::Visibility::public_ || signed_until) return true;
  return caller && caller->may(guard::Scope::read) && caller->may_act_for(image.user);
}

std::string HostedRoutes::cache_rule(const db::ImageRecord& image, const Reader& reader, bool immutable) const {
  if (image.visibility == db::Visibility::public_) {
    return immutable ? "public, max-age=31536000, immutable" : "public, no-cache";
  }
  if (!reader.signed_until) return "private, no-cache";
  const auto left = std::chrono::floor<std::chrono::seconds>(*reader.signed_until - clock_.now());
  return "private, max-age=" + std::to_string(std::clamp<std::int64_t>(left.count(), 0, 31'536'000));
}

http::Headers HostedRoutes::headers_of(const db::ImageRecord& image, std::string_view cache_rule,
                                       bool attachment) const {
  http::Headers headers;
  headers.set("Cache-Control", cache_rule);
  if (hotlinks_.are_limited()) headers.set("Vary", "Authorization, Origin, Referer");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Content-Disposition", std::string(attachment ? "attachment" : "inline") + "; filename=\"" +
                                         image.file_key.substr(image.file_key.find('/') + 1) + "\"");
  return headers;
}

http::Response HostedRoutes::answer(const http::Request& request, const Reader& reader, const images::OpenImage& open,
                                    bool immutable) {
  const auto headers = headers_of(open.image, cache_rule(open.image, reader, immutable), wants_attachment(request));
  auto response = http::respond_with(request, representation_of(open), headers);
  response.echoes_request_id_only = true;
  const bool is_read = response.status == 200 || response.status == 206 || response.status == 304;
  if (request.method == http::Method::get && is_read) accesses_.record(open.image.id, response.body_size());
  return response;
}

}  // namespace lightfast::routes
