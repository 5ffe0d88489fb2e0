// The signature of a request's URL, for routes that take signed ones. Pure.
#pragma once

#include <optional>

#include "base/clock.h"
#include "server/http/message.h"
#include "server/images/url_signer.h"

namespace lightfast::routes {

// Until when the request's signature holds; nullopt where it has none, which is where neither `exp` nor `sig` is among
// its parameters. Errc::signature_invalid, Errc::signature_expired.
Result<std::optional<Timestamp>> signature_of(const http::Request& request, const images::UrlSigner& signer,
                                              Timestamp now);

}  // namespace lightfast::routes
