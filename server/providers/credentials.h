// Whether a provider takes our credentials, asked by a call that costs nothing. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/http_client.h"
#include "base/task.h"

namespace lightfast::providers {

// What to say of it: "OpenAI takes OPENAI_API_KEY". Errc::provider_unavailable: it cannot be reached, refuses them
// (401, 403), or answers something else than a 2xx.
Task<Result<std::string>> ask_credentials(HttpClient& client, HttpCall call, std::string provider,
                                          std::string variable);

}  // namespace lightfast::providers
