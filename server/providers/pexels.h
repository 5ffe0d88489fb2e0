// Pexels: not made but found, the first stock photo of a search for the prompt; its photographer's credit is kept in
// the prediction's details. It costs nothing, so a search may be repeated. The functions in `pexels` are pure. Any
// thread.
#pragma once

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

namespace pexels {

// The prompt is the query; members of the input are further parameters of the search, but `src`, the size to be taken
// (default large2x). Errc::invalid_request.
Result<HttpCall> search_call(const Api& api, const GenerationRequest& request, Timestamp now);
CreateOutcome read_search(const HttpResult& result, const GenerationRequest& request, Timestamp now);

}  // namespace pexels

class Pexels final : public Provider {
 public:
  // `client` is the one for trusted calls; it and `clock` outlive this.
  Pexels(Api api, HttpClient& client, const Clock& clock) : api_(std::move(api)), client_(client), clock_(clock) {}

  std::string_view name() const override { return "pexels"; }
  std::string_view default_model() const override { return ""; }
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
