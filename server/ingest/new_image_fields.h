// What a caller says of an image that comes in, read from JSON: collection and name, visibility, pinned, expires_in,
// metadata, and what is known of the source (provider, model, prompt, prediction_id, source_url). Pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "server/ingest/ingest_service.h"

namespace lightfast::ingest {

// Errc::invalid_request, naming the member and what is allowed.
Result<NewImage> read_new_image(const boost::json::object& members, UserId user);

}  // namespace lightfast::ingest
