#include "server/routes/upload_ticket.h"

#include <boost/json.hpp>

#include "base/encoding.h"
#include "base/json_members.h"
#include "server/ingest/new_image_fields.h"

namespace lightfast::routes {
namespace {

Error unreadable() {
  return {Errc::signature_invalid, "this upload URL cannot be read: ask for a new one"};
}

}  // namespace

std::string ticket_target(const UploadTicket& ticket) {
  boost::json::object members = ingest::new_image_members(ticket.facts);
  members["key"] = ticket.key_id;
  return "/v1/uploads/" + ticket.id + "?facts=" + to_base64url(boost::json::serialize(members));
}

Result<UploadTicket> parse_ticket(std::string id, std::string_view facts) {
  const auto text = from_base64(facts);
  if (!text) return unreadable();
  auto members = parse_object(*text);
  if (!members) return unreadable();
  auto key_id = string_member(*members, "key");
  auto user_text = string_member(*members, "user_id");
  if (!key_id || !*key_id || !user_text || !*user_text) return unreadable();
  auto user = UserId::parse(**user_text);
  if (!user) return unreadable();
  auto image = ingest::read_new_image(*members, std::move(*user));
  if (!image) return unreadable();
  image->ticket = id;
  return UploadTicket{std::move(id), std::move(**key_id), std::move(*image)};
}

}  // namespace lightfast::routes
