// What an upload ticket says, and the URL that says it: whoever holds a signed one brings one image. Nothing of a
// ticket is stored before it is used. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "server/ingest/ingest_service.h"

namespace lightfast::routes {

struct UploadTicket {
  std::string id;          // "upl_" and a ULID
  std::string key_id;      // of the key that it was made with, and ends with
  ingest::NewImage facts;  // of the image to come
};

// "/v1/uploads/{id}?facts=…", still to be signed.
std::string ticket_target(const UploadTicket& ticket);

// From the two parts of a target whose signature was verified. Errc::signature_invalid for what ticket_target did not
// make.
Result<UploadTicket> parse_ticket(std::string id, std::string_view facts);

}  // namespace lightfast::routes
