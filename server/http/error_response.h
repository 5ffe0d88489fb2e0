// The only place that turns errors into HTTP: status and application/problem+json (RFC 9457) with `type`, `title`,
// `status`, `detail`, `code` and the error's own members. Pure functions.
#pragma once

#include "server/http/message.h"

namespace lightfast::http {

int status_of(Errc code);
std::string_view reason_phrase(int status);

// `Cache-Control: no-store`, WWW-Authenticate with 401, Retry-After where the error says so. The detail of
// Errc::internal is not shown to callers.
Response error_response(const Error& error);

// The problem object as JSON text, for answers that hold several (207, failed items).
std::string problem_json(const Error& error);

}  // namespace lightfast::http
