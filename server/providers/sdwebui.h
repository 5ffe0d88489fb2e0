// Stable Diffusion WebUI (AUTOMATIC1111 and its kin), on a machine of one's own: txt2img, or img2img where the input
// holds `init_images`. It costs nothing, so a call may be repeated; it keeps no predictions. The functions in `sdwebui`
// are pure. Any thread.
#pragma once

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

namespace sdwebui {

// "http://user:password@host:7860" → where it is, and "user:password" as its key, percent-decoded.
Api parse_url(std::string_view url);

// The input as it is; a model becomes the checkpoint to be used. Errc::invalid_request.
Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now);
HttpCall progress_call(const Api& api);
CreateOutcome read_create(const HttpResult& result, Timestamp now);

}  // namespace sdwebui

class SdWebUi final : public Provider {
 public:
  // `client` is the one for trusted calls; it and `clock` outlive this.
  SdWebUi(Api api, HttpClient& client, const Clock& clock) : api_(std::move(api)), client_(client), clock_(clock) {}

  std::string_view name() const override { return "sdwebui"; }
  std::string_view default_model() const override { return ""; }  // whatever is loaded there
  bool is_free() const override { return true; }
  Result<void> check(const GenerationRequest& request) const override;
  Task<CreateOutcome> create(GenerationRequest request) override;
  Task<Result<std::string>> check_credentials() override;

 private:
  Api api_;
  HttpClient& client_;
  const Clock& clock_;
};

}  // namespace lightfast::providers
