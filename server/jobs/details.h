// What is kept of how an image was made, beside model and prompt: what its provider told, and which of our own images
// it was made from. Pure functions.
#pragma once

#include <string>

#include "server/jobs/job.h"

namespace lightfast::jobs {

inline constexpr std::size_t max_details = 16 << 10;  // bytes of what a provider tells; longer ones are not kept

// A JSON object's text, empty where nothing is known. `told` is the provider's.
std::string details_json(const std::string& told, const Attempt& attempt);

}  // namespace lightfast::jobs
