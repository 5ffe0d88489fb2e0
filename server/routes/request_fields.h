// Members of JSON bodies and query parameters as typed values; what has the wrong type or value is
// Errc::invalid_request, naming it and what is allowed. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/id.h"
#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/ingest/ingest_service.h"

namespace lightfast::routes {

// The body as a JSON object.
Result<boost::json::object> parse_object(std::string_view text);

// Absent and null are nullopt.
Result<std::optional<std::string>> string_member(const boost::json::object& object, std::string_view name);
Result<std::optional<std::int64_t>> integer_member(const boost::json::object& object, std::string_view name,
                                                   std::int64_t least, std::int64_t most);
Result<bool> bool_member(const boost::json::object& object, std::string_view name);  // absent: false

// The user a request is for: as given, else the key's own, else `default`. Errc::forbidden for a key that is bound
// to another one.
Result<UserId> user_for(const std::optional<std::string>& given, const guard::Caller& caller);

// user_id, collection and name, visibility, pinned, expires_in, metadata, and what is known of the source (provider,
// model, prompt, prediction_id, source_url).
Result<ingest::NewImage> new_image(const boost::json::object& members, const guard::Caller& caller);

// The same from text fields (query parameters, multipart fields): "true", "3600", JSON for metadata.
Result<boost::json::object> members_from_text(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace lightfast::routes
