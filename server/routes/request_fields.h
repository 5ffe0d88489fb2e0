// What requests say of the image that they bring, whether in JSON, in the query or in a form. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/id.h"
#include "base/json_members.h"
#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/ingest/ingest_service.h"

namespace lightfast::routes {

// The user a request is for: as given, else the key's own, else `default`. Errc::forbidden for a key that is bound
// to another one.
Result<UserId> user_for(const std::optional<std::string>& given, const guard::Caller& caller);

// The same for the member `user_id`.
Result<UserId> member_user(const boost::json::object& members, const guard::Caller& caller);

// user_id, collection and name, visibility, pinned, expires_in, metadata, and what is known of the source (provider,
// model, prompt, prediction_id, source_url).
Result<ingest::NewImage> new_image(const boost::json::object& members, const guard::Caller& caller);

// A query parameter, "" where it is absent; true or false, which it is where it is absent; `limit`, from 1 to 1000.
std::string query_text(const http::Request& request, std::string_view name);
Result<bool> query_flag(const http::Request& request, std::string_view name);
Result<std::uint32_t> query_limit(const http::Request& request, std::uint32_t fallback);

// The image's name that stands in the path: {collection}, {name}, and {rest} where the pattern has one, as slugs.
Result<db::ImageName> path_name(const http::Request& request);

// The members of new_image from text fields (query parameters, multipart fields): "true", "3600", JSON for metadata.
Result<boost::json::object> members_from_text(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace lightfast::routes
