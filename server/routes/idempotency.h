// Idempotency-Key: which request a repeated one is the repetition of. Pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/jobs/job_store.h"

namespace lightfast::routes {

// `body`: all that the request says beside its method and target. nullopt where the header is absent.
// Errc::invalid_request for an empty key or one over 255 characters.
Result<std::optional<jobs::IdempotencyKey>> idempotency_key(const http::Request& request, std::string_view body,
                                                            const guard::Caller& caller);

}  // namespace lightfast::routes
