// Images that come in an answer itself: as its bytes, or as base64 within its JSON. Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>
#include <vector>

#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

// Those under the names that providers give them (`b64_json`, `image`, `images`, `url`, …), in order: URLs as they are,
// base64 as bytes. At most max_outputs.
std::vector<Output> collect_images(const boost::json::value& answer);

// Whether an answer's body is meant to be an image, not JSON or a page.
bool is_image_answer(const HttpAnswer& answer);

// A succeeded prediction whose only output is the answer's body.
Prediction made_of(HttpAnswer answer);

}  // namespace lightfast::providers
