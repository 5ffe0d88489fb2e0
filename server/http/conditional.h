// Conditional requests, RFC 9110 section 13. Pure functions, in seconds as HTTP dates have them.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "server/http/message.h"

namespace lightfast::http {

// What a resource says of itself: `etag` is strong, with its quotes.
struct Validators {
  std::string_view etag;
  Timestamp last_modified;
};

enum class Precondition { proceed, not_modified, failed };

// If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order of section 13.2.2.
Precondition evaluate_preconditions(const Headers& request, Method method, const Validators& validators);

// If-Range (section 13.1.5): whether a Range header is to be obeyed; true where there is no If-Range.
bool range_applies(const Headers& request, const Validators& validators);

}  // namespace lightfast::http
