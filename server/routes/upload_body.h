// The bytes of one image on their way from a request to the disk. The ingest service must outlive the coroutines.
#pragma once

#include "server/http/message.h"
#include "server/ingest/ingest_service.h"

namespace lightfast::routes {

// Errc::length_required where the request announces no body.
Result<void> require_body(const http::Request& request);

// Whether `user` may bring what is announced, and that is at most `limit_bytes`: before a byte is asked for. Errors as
// IngestService::admit.
Task<Result<void>> admit_body(ingest::IngestService& ingest, const http::Request& request, std::optional<UserId> user,
                              std::uint64_t limit_bytes);

Task<Result<ingest::SpooledBytes>> spool_body(ingest::IngestService& ingest, http::BodyReader& body);

}  // namespace lightfast::routes
