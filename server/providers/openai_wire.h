// OpenAI's images interface: what is sent, and what its answers mean. Pure functions; server/providers/openai does the
// talking.
#pragma once

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers::openai {

// The paid call: a generation, or an edit where the input holds source images (`image`, `images`: data: URIs and
// http(s) URLs; `mask`). Edits of data: URIs alone go as a form, others as JSON. dall-e answers with URLs unless the
// input says otherwise; gpt-image knows no such choice. Errc::invalid_request.
Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now);
HttpCall models_call(const Api& api);

// What an answer tells of the making: `usage`, and the first image's `revised_prompt`.
boost::json::object details_of(const boost::json::object& answer);

CreateOutcome read_create(const HttpResult& result, std::string_view model, Timestamp now);

}  // namespace lightfast::providers::openai
