#include "server/routes/own_images.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_strings.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

constexpr std::size_t most_images = 32;  // in one input

Error no_such_image() {
  return {Errc::invalid_request, "there is no image at this URL of this server"};
}

Error in_place(Error error, const std::string& place) {
  error.detail = "`" + place + "`: " + error.detail;
  return error;
}

// What stands behind the path but the signature and, of a name, the number that leads to the image.
std::string other_parameters(std::string_view target) {
  std::string kept;
  const auto mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::string_view name = part.substr(0, part.find('='));
    if (!part.empty() && name != "exp" && name != "sig" && name != "version")
      kept += (kept.empty() ? "?" : "&") + std::string(part);
  }
  return kept;
}

}  // namespace

OwnImages::OwnImages(images::ImageOpener& opener, jobs::JobService& jobs, const jobs::SourceImages& sources,
                     const images::ImageUrls& urls, const images::UrlSigner& signer, const Clock& clock)
    : opener_(opener), jobs_(jobs), sources_(sources), urls_(urls), signer_(signer), clock_(clock) {}

Task<Result<void>> OwnImages::settle(jobs::JobRequest& what, guard::Caller caller) {
  for (std::size_t i = 0; i < what.attempts.size(); ++i) {
    std::string place = what.attempts.size() == 1 ? "input" : "providers[" + std::to_string(i) + "].input";
    auto settled = co_await settle_input(what, i, std::move(place), caller);
    if (!settled) co_return settled;
  }
  co_return Result<void>();
}

Task<Result<void>> OwnImages::settle_input(jobs::JobRequest& what, std::size_t attempt, std::string place,
                                           const guard::Caller& caller) {
  std::string& input = what.attempts[attempt].input;
  if (input.find("/v1/images/hosted/") == std::string::npos) co_return Result<void>();
  json::value value = json::parse(input);
  const auto own =
      strings_in(value, place, [&](std::string_view text) { return urls_.hosted_target(text).has_value(); });
  if (own.empty()) co_return Result<void>();
  if (own.size() > most_images) {
    co_return Error{Errc::invalid_request, "`" + place + "` may hold up to " + std::to_string(most_images) +
                                               " URLs of this server's images, not " + std::to_string(own.size())};
  }
  std::uint64_t bytes = 0;
  for (const auto& string : own) {
    std::string target = *urls_.hosted_target(*string.text);
    auto may_read = reader(caller, target);
    auto found = co_await find(std::move(target), std::move(may_read));
    if (!found) co_return in_place(found.error(), string.place);
    bytes += found->size_bytes;
    if (sources_.sends_bytes() && bytes > sources_.max_bytes_sent) {
      Error error{Errc::invalid_request,
                  "nobody outside reaches PUBLIC_BASE_URL, so this image would be sent with the "
                  "request, and " +
                      std::to_string(bytes) + " bytes are too many: at most " +
                      std::to_string(sources_.max_bytes_sent) + " in all"};
      co_return in_place(std::move(error), string.place);
    }
    const std::string url = urls_.at(found->target);
    *string.text = url;
    if (sources_.sends_bytes() || found->visibility == db::Visibility::private_) what.source_images.push_back(url);
    note_parent(what.attempts[attempt], what.facts, *found);
  }
  input = json::serialize(value);
  co_return Result<void>();
}

void OwnImages::note_parent(jobs::Attempt& attempt, const ingest::NewImage& to_be, const Found& found) {
  if (std::find(attempt.parents.begin(), attempt.parents.end(), found.id) == attempt.parents.end())
    attempt.parents.push_back(found.id);
  const bool is_same_name = to_be.name && found.name && found.user == to_be.user &&
                            found.name->collection == to_be.name->collection && found.name->name == to_be.name->name;
  if (is_same_name) attempt.parent_version = std::max(attempt.parent_version, found.version);
}

// As for reading at the URL itself: a public image anybody, a private one who has a key for it or a signature.
images::ImageOpener::MayRead OwnImages::reader(const guard::Caller& caller, const std::string& target) const {
  const bool is_signed = signer_.verify(target, clock_.now()).has_value();
  return [caller, is_signed](const db::ImageRecord& image) {
    return image.visibility == db::Visibility::public_ || is_signed ||
           (caller.may(guard::Scope::read) && caller.may_act_for(image.user));
  };
}

Task<Result<OwnImages::Found>> OwnImages::find(std::string target, images::ImageOpener::MayRead may_read) {
  auto which = image_at(target);
  if (!which) co_return no_such_image();
  auto opened = co_await open(*which, may_read);
  if (opened) {
    const db::ImageRecord& image = opened->image;
    co_return Found{images::ImageUrls::image_path(image) + other_parameters(target),
                    image.visibility,
                    image.file_size,
                    image.id,
                    image.user,
                    image.name,
                    image.version};
  }
  if (opened.error().code != Errc::not_found) co_return opened.error();
  const auto* by_id = std::get_if<images::ImageById>(&*which);
  if (by_id == nullptr || !by_id->extension.empty()) co_return no_such_image();
  auto promised = co_await find_promised(*by_id, std::move(may_read));
  co_return promised;
}

Task<Result<images::OpenImage>> OwnImages::open(HostedImage which, images::ImageOpener::MayRead may_read) {
  if (auto* by_name = std::get_if<images::ImageByName>(&which)) {
    co_return co_await opener_.open(std::move(*by_name), std::move(may_read));
  }
  auto& by_id = std::get<images::ImageById>(which);
  auto opened = co_await opener_.open(by_id, may_read);
  if (opened || opened.error().code != Errc::not_found || !by_id.extension.empty()) co_return opened;
  co_return co_await opener_.open_aliased(by_id, std::move(may_read));
}

// Who reads its URL waits for it; only its bytes cannot be sent before they are there.
Task<Result<OwnImages::Found>> OwnImages::find_promised(images::ImageById which,
                                                        images::ImageOpener::MayRead may_read) {
  auto promise = co_await jobs_.find_promise(which.user, which.id);
  if (!promise && promise.error().code == Errc::not_found) co_return no_such_image();
  if (!promise) co_return promise.error();
  db::ImageRecord to_be{.id = which.id, .user = which.user};
  to_be.visibility = promise->visibility;
  if (!may_read(to_be)) co_return no_such_image();
  if (sources_.sends_bytes()) {
    co_return Error{Errc::pending, "this image is still being made", std::chrono::seconds(5)};
  }
  co_return Found{images::ImageUrls::reserved_path(which.user, which.id), promise->visibility, 0, which.id, which.user};
}

}  // namespace lightfast::routes
