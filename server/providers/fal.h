// fal.ai: any of its endpoints that makes images, by its queue. Talks; what is said stands in fal_wire. It keeps no
// list of its requests. Any thread.
#pragma once

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"
#include "server/providers/settings.h"

namespace lightfast::providers {

class Fal final : public Provider {
 public:
  // `client` is the one for trusted calls; it and `clock` outlive this.
  Fal(FalApi api, HttpClient& client, const Clock& clock) : api_(std::move(api)), client_(client), clock_(clock) {}

  std::string_view name() const override { return "fal"; }
  std::string_view default_model() const override { return "fal-ai/flux/schnell"; }
  Result<void> check(const GenerationRequest& request) const override;
  Task<CreateOutcome> create(GenerationRequest request) override;
  Task<Result<Prediction>> poll(std::string id, std::string poll_url) override;
  Task<Result<std::string>> fetch_webhook_secret() override;  // its public keys
  Result<void> check_webhook(const HttpHeaders& headers, Timestamp now) const override;
  Result<std::string> read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view secret,
                                   Timestamp now) const override;
  Task<Result<std::string>> check_credentials() override;

 private:
  GenerationRequest completed(GenerationRequest request) const;

  FalApi api_;
  HttpClient& client_;
  const Clock& clock_;
};

}  // namespace lightfast::providers
