// The calls that drivers make, as far as they are alike. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

// Answers can hold several images inline, as base64.
inline constexpr std::uint64_t max_answer_bytes = 64 << 20;

// Until the deadline; a call whose time is over is still given a moment.
std::chrono::milliseconds time_left(Timestamp deadline, Timestamp now);

// The one call that makes an image: on a connection of its own, so that it is never sent twice, and waited for until
// `deadline`.
HttpCall making_call(std::string url, Timestamp deadline, Timestamp now);
HttpCall making_json_call(std::string url, const boost::json::object& body, Timestamp deadline, Timestamp now);

// A call that costs nothing.
HttpCall asking_call(std::string url);

std::pair<std::string, std::string> bearer(const std::string& key);

}  // namespace lightfast::providers
