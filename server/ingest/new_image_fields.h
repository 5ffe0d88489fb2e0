// What a caller says of an image that comes in, read from JSON: collection and name, visibility, pinned, expires_in,
// metadata, and what is known of the source (provider, model, prompt, prediction_id, source_url). Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>

#include "server/ingest/ingest_service.h"

namespace lightfast::ingest {

inline constexpr std::int64_t longest_expiry_seconds = 100LL * 365 * 86'400;
inline constexpr std::size_t longest_text = 32 * 1024;  // in bytes: what is known of the source, each

// Errc::invalid_request, naming the member and what is allowed.
Result<NewImage> read_new_image(const boost::json::object& members, UserId user);

// The other way: the members of which read_new_image makes the same, without those that say nothing.
boost::json::object new_image_members(const NewImage& image);

}  // namespace lightfast::ingest
