// The request target taken apart (RFC 9112 section 3.2): path, its segments, query. Pure.
#pragma once

#include "server/http/message.h"

namespace lightfast::http {

// Fills path, segments and query of a request whose method and target are known. Origin form, absolute form of http
// and https (its host is not looked at), and for OPTIONS the asterisk, whose path is "*" without segments; a CONNECT's
// authority has neither. Errc::not_found for a path with a broken escape or a NUL, Errc::invalid_request for any other
// form and for a broken query.
Result<void> parse_target(Request& request);

// The path and query as they were received: a target without scheme and host. nullopt for one of another form.
std::optional<std::string_view> path_and_query(std::string_view target);

// "/a//b" → "a", "", "b"; "/" → "".
std::vector<std::string_view> split_path(std::string_view path);

}  // namespace lightfast::http
