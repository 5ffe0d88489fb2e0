// Errors of ours in the words of the provider that the caller believes to talk to. Pure functions.
#pragma once

#include "server/http/message.h"

namespace lightfast::proxy {

// Tells errors of ours, by their code, from the provider's.
inline constexpr const char* error_header = "X-Lightfast-Error";

using ErrorShape = std::string (*)(const Error&);  // JSON text

std::string replicate_error(const Error& error);  // {"title","detail","status"}
std::string openai_error(const Error& error);     // {"error":{"message","type","param","code"}}
std::string fal_error(const Error& error);        // {"detail"}

// With WWW-Authenticate and Retry-After as any error of ours has them.
http::Response refusal(const Error& error, ErrorShape shape);

}  // namespace lightfast::proxy
