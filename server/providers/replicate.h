// Replicate: official models, versions and deployments. Talks; what is said stands in replicate_wire. Any thread.
#pragma once

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"
#include "server/providers/replicate_wire.h"

namespace lightfast::providers {

class Replicate final : public Provider {
 public:
  // `client` is the one for trusted calls; it and `clock` outlive this.
  Replicate(Api api, HttpClient& client, const Clock& clock);

  std::string_view name() const override { return "replicate"; }
  std::string_view default_model() const override { return "black-forest-labs/flux-schnell"; }
  std::optional<DownloadCredential> download_credential() const override;
  Result<void> check(const GenerationRequest& request) const override;
  Task<CreateOutcome> create(GenerationRequest request) override;
  Task<Result<Prediction>> poll(std::string id, std::string poll_url) override;
  Task<Result<std::optional<Prediction>>> find(GenerationRequest request, Timestamp created_after,
                                               IsTaken is_taken) override;
  Task<Result<std::string>> fetch_webhook_secret() override;
  Result<void> check_webhook(const HttpHeaders& headers, Timestamp now) const override;
  Result<std::string> read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view secret,
                                   Timestamp now) const override;
  Task<Result<std::string>> check_credentials() override;

 private:
  GenerationRequest completed(GenerationRequest request) const;

  Api api_;
  HttpClient& client_;
  const Clock& clock_;
};

}  // namespace lightfast::providers
