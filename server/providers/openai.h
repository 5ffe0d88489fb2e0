// OpenAI's images: generations and edits. Talks; what is said stands in openai_wire. It keeps no predictions: what an
// answer held is lost with the answer. Any thread.
#pragma once

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

class OpenAi final : public Provider {
 public:
  // `client` is the one for trusted calls; it and `clock` outlive this.
  OpenAi(Api api, HttpClient& client, const Clock& clock) : api_(std::move(api)), client_(client), clock_(clock) {}

  std::string_view name() const override { return "openai"; }
  std::string_view default_model() const override { return "gpt-image-1"; }
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
