#include "server/providers/credentials.h"

namespace lightfast::providers {

Task<Result<std::string>> ask_credentials(HttpClient& client, HttpCall call, std::string provider,
                                          std::string variable) {
  const HttpResult result = co_await client.fetch(std::move(call));
  if (!result) {
    co_return Error{Errc::provider_unavailable, provider + " cannot be reached: " + result.error().error.detail};
  }
  const int status = result->status;
  if (status >= 200 && status < 300) co_return provider + " takes " + variable;
  const std::string number = std::to_string(status);
  co_return Error{Errc::provider_unavailable, status == 401 || status == 403
                                                  ? provider + " does not take " + variable + " (" + number + ")"
                                                  : provider + " answered " + number};
}

}  // namespace lightfast::providers
