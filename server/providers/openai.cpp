#include "server/providers/openai.h"

#include "server/providers/answer.h"
#include "server/providers/credentials.h"
#include "server/providers/openai_wire.h"

namespace lightfast::providers {

GenerationRequest OpenAi::completed(GenerationRequest request) const {
  request.model = named_model(request, default_model());
  return request;
}

Result<void> OpenAi::check(const GenerationRequest& request) const {
  const auto call = openai::create_call(api_, completed(request), clock_.now());
  if (!call) return call.error();
  return {};
}

Task<CreateOutcome> OpenAi::create(GenerationRequest request) {
  request = completed(std::move(request));
  auto call = openai::create_call(api_, request, clock_.now());
  if (!call) co_return CreateOutcome{std::nullopt, call.error()};
  const HttpResult result = co_await client_.fetch(std::move(*call));
  co_return openai::read_create(result, request.model, clock_.now());
}

Task<Result<std::string>> OpenAi::check_credentials() {
  HttpCall call = openai::models_call(api_);
  auto told = co_await ask_credentials(client_, std::move(call), "OpenAI", "OPENAI_API_KEY");
  co_return told;
}

}  // namespace lightfast::providers
