// Chutes.ai: one call, whose answer is the image. It keeps no predictions. The functions in `chutes` are pure: what is
// sent, and what its answers mean. Any thread.
#pragma once

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

namespace chutes {

// Flat: the input as it is, and the model. Errc::invalid_request.
Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now);
// Raw bytes, or JSON with the image as base64.
CreateOutcome read_create(const HttpResult& result, std::string_view model, Timestamp now);

}  // namespace chutes

class Chutes final : public Provider {
 public:
  // `client` is the one for trusted calls; it and `clock` outlive this.
  Chutes(Api api, HttpClient& client, const Clock& clock) : api_(std::move(api)), client_(client), clock_(clock) {}

  std::string_view name() const override { return "chutes"; }
  std::string_view default_model() const override { return "FLUX.1-schnell"; }
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
