// A request's body as the members of a JSON object, read to its end. Any thread that runs the request.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>

#include "base/error.h"
#include "base/task.h"
#include "server/http/message.h"

namespace lightfast::routes {

// Errc::too_large beyond `limit` bytes, Errc::invalid_request where it is no JSON object.
Task<Result<boost::json::object>> read_members(http::BodyReader& body, std::uint64_t limit);

}  // namespace lightfast::routes
