// Upload tickets that were used: one ticket brings one image, and says so in the transaction that makes the image's
// row. Knows nothing of how tickets look. Each call on its session's thread.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/digest.h"
#include "base/id.h"
#include "db/repositories.h"

namespace lightfast::ingest {

struct TicketUse {
  std::string sha256;  // of the bytes that came, in hex
  ImageId image;       // what they became
};

Result<std::optional<TicketUse>> find_ticket_use(const db::Session& session, const std::string& ticket);

// Errc::conflict where other bytes have used it.
Result<void> use_ticket(db::Session& session, const std::string& ticket, const Sha256Digest& sha256,
                        const ImageId& image, Timestamp now);

}  // namespace lightfast::ingest
