#include "server/ingest/ticket_use.h"

namespace lightfast::ingest {
namespace {

const std::string all_tickets = "upload tickets";  // in the place of a caller; no key has this identity

}  // namespace

Result<std::optional<TicketUse>> find_ticket_use(const db::Session& session, const std::string& ticket) {
  auto found = session.idempotency_keys().find(all_tickets, ticket);
  if (!found) return found.error();
  if (!*found) return std::optional<TicketUse>();
  auto image = ImageId::parse((*found)->response);
  if (!image) return Error{Errc::internal, "the use of an upload ticket cannot be read"};
  return std::optional(TicketUse{(*found)->request_hash, std::move(*image)});
}

Result<void> use_ticket(db::Session& session, const std::string& ticket, const Sha256Digest& sha256,
                        const ImageId& image, Timestamp now) {
  db::IdempotencyKeys& uses = session.idempotency_keys();
  auto inserted = uses.insert({all_tickets, ticket, sha256.hex(), {}, 200, image.str(), now});
  if (!inserted) return inserted.error();
  if (*inserted) return {};
  auto earlier = uses.find(all_tickets, ticket);
  if (!earlier) return earlier.error();
  if (!*earlier || (*earlier)->request_hash != sha256.hex()) {
    return Error{Errc::conflict, "this upload URL has brought another image: it is good for one"};
  }
  return uses.finish(all_tickets, ticket, 200, image.str());
}

}  // namespace lightfast::ingest
