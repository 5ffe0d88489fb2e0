// Which header fields travel on through a drop-in, and which end here: those of one hop (RFC 9110 section 7.6.1), ours,
// and what belongs to one origin alone. Pure functions.
#pragma once

#include "base/http_client.h"
#include "server/http/message.h"

namespace lightfast::proxy {

// Without credentials, which are not copied but given. Asks for an answer that is not compressed, so that it can be
// read.
HttpHeaders fields_for_provider(const http::Headers& given);

// Without X-Request-Id, which Response has a place of its own for.
http::Headers fields_for_caller(const HttpHeaders& given);

}  // namespace lightfast::proxy
