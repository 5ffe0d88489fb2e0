// What the answers of providers have in common: outputs anywhere in a JSON value, messages and waiting times in errors,
// and the part of an answer worth keeping. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

inline constexpr std::size_t max_outputs = 100;
inline constexpr std::size_t max_raw_bytes = 65'536;

// Every http, https or data: URL in `output`, in order, each once: a string, lists, objects, nested. URLs that by their
// ending are no images (video, archives, text, …) only where there is nothing else.
std::vector<Output> collect_outputs(const boost::json::value& output);

// An http, https or data: URL and nothing else; and one that by its ending, or its own word, is no image.
bool is_output_url(std::string_view text);
bool is_other_than_image(std::string_view url);

// True if a list in `output` holds a null: more is to come.
bool has_holes(const boost::json::value& output);

// A one-line message for people out of an error's body: `detail`, `error`, `message`, `errors` or `title` of JSON, or
// short plain text; empty if there is none. At most 500 bytes.
std::string error_message(std::string_view body);

// From Retry-After (seconds or a date), `retry_after` in the body, or a text like "resets in ~30s".
std::optional<std::chrono::seconds> find_retry_after(const HttpAnswer& answer, Timestamp now);

// "2026-01-01T00:00:00.000Z", fraction dropped.
std::optional<Timestamp> parse_provider_time(std::string_view text);

// The `input` of a request as JSON, its prompt put in where it has none. Errc::invalid_request if it is no JSON object.
Result<boost::json::object> input_of(const GenerationRequest& request);

// The model that a request means: its own, else the one that its input names, else `fallback`.
std::string named_model(const GenerationRequest& request, std::string_view fallback);

// JSON text of at most max_raw_bytes: long strings are cut (inline images above all), then whole members are dropped.
std::string keep_raw(const boost::json::value& answer);

// The text of Prediction::details; empty where there is nothing in it.
std::string details_text(const boost::json::object& details);

}  // namespace lightfast::providers
