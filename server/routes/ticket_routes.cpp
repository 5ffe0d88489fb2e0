#include "server/routes/ticket_routes.h"

#include <algorithm>
#include <boost/json.hpp>

#include "server/images/image_json.h"
#include "server/ingest/new_image_fields.h"
#include "server/routes/request_body.h"
#include "server/routes/request_fields.h"
#include "server/routes/signature.h"
#include "server/routes/upload_body.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::int64_t usual_lifetime = 3'600;
constexpr std::int64_t longest_lifetime = seconds(db::idempotency_kept_for).count();  // its use is known so long
constexpr std::size_t longest_url = 999;

// `expires_in` is the ticket's own; the image's is `image_expires_in`.
Result<ingest::NewImage> read_facts(json::object members, const guard::Caller& caller) {
  members.erase("expires_in");
  auto facts = new_image(members, caller);
  if (!facts) return facts.error();
  auto expiry = integer_member(members, "image_expires_in", 1, ingest::longest_expiry_seconds);
  if (!expiry) return expiry.error();
  if (*expiry) facts->expires_in = seconds(**expiry);
  return facts;
}

Error too_long(std::size_t length) {
  return {Errc::invalid_request,
          "the upload URL holds what is said of the image and would have " + std::to_string(length) +
              " characters, allowed are " + std::to_string(longest_url) +
              ": say less in `metadata`, `prompt` and `source_url`, or hand out a token (POST /v1/tokens), with which "
              "an upload says it"};
}

Error used_and_gone() {
  return {Errc::conflict, "this upload URL has brought its image, which was removed since"};
}

}  // namespace

TicketRoutes::TicketRoutes(const images::UrlSigner& signer, const guard::KeyRing& keys, ingest::IngestService& ingest,
                           images::ImageService& images, const images::ImageUrls& urls, const IdGenerator& ids,
                           const Clock& clock)
    : signer_(signer), keys_(keys), ingest_(ingest), images_(images), urls_(urls), ids_(ids), clock_(clock) {}

Task<Result<http::Response>> TicketRoutes::create(http::Request& request, guard::Caller caller) {
  auto members = co_await read_members(*request.body, body_limit);
  if (!members) co_return members.error();
  auto lifetime = integer_member(*members, "expires_in", 1, longest_lifetime);
  if (!lifetime) co_return lifetime.error();
  auto facts = read_facts(std::move(*members), caller);
  if (!facts) co_return facts.error();

  Timestamp end = clock_.now() + seconds(lifetime->value_or(usual_lifetime));
  if (caller.expires_at) end = std::min(end, *caller.expires_at);
  end = std::chrono::floor<seconds>(end);
  const UploadTicket ticket{ids_.next("upl_"), caller.key_id, std::move(*facts)};
  auto url = urls_.own_url(signer_.sign(ticket_target(ticket), end));
  if (!url) co_return url.error();
  if (url->size() > longest_url) co_return too_long(url->size());
  const json::object answer{{"upload_url", *url}, {"expires_at", to_iso8601(end)}};
  auto response = http::json_response(201, json::serialize(answer));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

Task<Result<http::Response>> TicketRoutes::receive(http::Request& request) {
  auto ticket = open_ticket(request);
  if (!ticket) co_return ticket.error();
  if (auto announced = require_body(request); !announced) co_return announced.error();
  if (auto configured = urls_.require_configured(); !configured) co_return configured.error();
  auto use = co_await ingest_.find_use(ticket->id);
  if (!use) co_return use.error();
  auto bytes = co_await take_body(request, ticket->facts.user, use->has_value());
  if (!bytes) co_return bytes.error();
  if (*use) {
    auto earlier = co_await earlier_image(ticket->facts.user, std::move(**use), bytes->sha256);
    if (!earlier) co_return earlier.error();
    if (*earlier) co_return answer(**earlier, 200);
  }
  auto stored = co_await ingest_.store(std::move(*bytes), std::move(ticket->facts));
  if (!stored) co_return stored.error();
  co_return answer(stored->image, stored->existed ? 200 : 201);
}

// Whose signature fits, and whose key is still one.
Result<UploadTicket> TicketRoutes::open_ticket(http::Request& request) const {
  const Timestamp now = clock_.now();
  auto signed_until = signature_of(request, signer_, now);
  if (!signed_until) return signed_until.error();
  if (!*signed_until) return Error{Errc::signature_invalid, "this is not the upload URL that was handed out"};
  auto ticket = parse_ticket(request.param("ticket"), query_text(request, "facts"));
  if (!ticket) return ticket;
  auto maker = keys_.find_by_id(ticket->key_id, now);
  if (!maker) return Error{Errc::forbidden, "the key that this upload URL was made with is gone"};
  request.caller = maker->key_name;
  ticket->facts.source.is_hearsay = maker->user.has_value();
  return ticket;
}

// A repetition takes no room, whatever is left.
Task<Result<ingest::SpooledBytes>> TicketRoutes::take_body(http::Request& request, UserId user, bool is_repeated) {
  const std::string* type = request.headers.find("Content-Type");
  if (type != nullptr && type->starts_with("multipart/")) {
    co_return Error{Errc::invalid_request, "send the image's bytes as they are, not in a form"};
  }
  if (!is_repeated) {
    auto admitted = co_await admit_body(ingest_, request, std::move(user), image_limit());
    if (!admitted) co_return admitted.error();
  }
  auto bytes = co_await spool_body(ingest_, *request.body);
  co_return bytes;
}

// The image that these bytes became when the ticket was used; nullopt where it lost them since, and can have them back.
Task<Result<std::optional<db::ImageRecord>>> TicketRoutes::earlier_image(UserId user, ingest::TicketUse use,
                                                                         Sha256Digest sha256) {
  if (use.sha256 != sha256.hex()) {
    co_return Error{Errc::conflict, "this upload URL has brought another image: it is good for one"};
  }
  auto image = co_await images_.get(std::move(user), std::move(use.image));
  if (!image && image.error().code == Errc::not_found) co_return used_and_gone();
  if (!image) co_return image.error();
  if (image->deleted_at) co_return used_and_gone();
  if (image->damaged_at) co_return std::optional<db::ImageRecord>();
  co_return std::optional(std::move(*image));
}

http::Response TicketRoutes::answer(const db::ImageRecord& image, int status) const {
  json::object object = images::image_json(image, urls_, ingest_.limits().retention);
  object["images"] = json::array{object};
  auto response = http::json_response(status, json::serialize(object));
  if (status == 201) response.headers.set("Location", urls_.image_url(image));
  return response;
}

}  // namespace lightfast::routes
