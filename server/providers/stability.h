// Stability's stable-image API: one call, whose answer is the image. It keeps no predictions. The functions in
// `stability` are pure. Any thread.
#pragma once

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

namespace stability {

// A form. The model is core, ultra, sd3 or one of its kinds (sd3.5-large). Files (`image`, `mask`) are data: URIs, for
// it fetches none. Errc::invalid_request.
Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now);
HttpCall balance_call(const Api& api);
CreateOutcome read_create(const HttpResult& result, std::string_view model, Timestamp now);

}  // namespace stability

class Stability final : public Provider {
 public:
  // `client` is the one for trusted calls; it and `clock` outlive this.
  Stability(Api api, HttpClient& client, const Clock& clock) : api_(std::move(api)), client_(client), clock_(clock) {}

  std::string_view name() const override { return "stability"; }
  std::string_view default_model() const override { return "core"; }
  Result<void> check(const GenerationRequest& request) const override;
  Task<CreateOutcome> create(GenerationRequest request) override;
  Task<Result<std::string>> check_credentials() override;

 private:
  GenerationRequest completed(GenerationRequest request) const;

  Api api_;
  HttpClient& client_;
  const Clock& clock_;
};

}  // namespace lightfast::providers
