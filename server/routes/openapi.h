// The HTTP API as an OpenAPI document: openapi.json beside this file, compiled in. It is written by hand, and the tests
// hold the server to it (tests/server/openapi_test.cpp, tests/support/documented_api.h). Read-only: any thread.
#pragma once

#include <string_view>

namespace lightfast::routes {

extern const std::string_view openapi_json;

}  // namespace lightfast::routes
