#include "server/providers/registry.h"

#include "server/providers/replicate.h"
#include "server/providers/sample.h"

namespace lightfast::providers {

Result<Registry> Registry::open(const ProviderSettings& settings, HttpClient& client, Workers& workers,
                                const Clock& clock) {
  Registry registry;
  if (!settings.replicate_api_token.empty()) {
    registry.providers_.push_back(std::make_unique<Replicate>(
        replicate::Api{settings.replicate_base_url, settings.replicate_api_token}, client, clock));
  }
  registry.providers_.push_back(std::make_unique<Sample>(workers));
  registry.default_ = registry.providers_.front().get();
  const auto wanted = registry.find(settings.default_provider);
  if (!wanted) return wanted.error();
  registry.default_ = *wanted;
  return registry;
}

Result<Provider*> Registry::find(std::string_view name) const {
  if (name.empty()) return default_;
  std::string known;
  for (const auto& provider : providers_) {
    if (provider->name() == name) return provider.get();
    known.append(known.empty() ? "" : ", ").append(provider->name());
  }
  return Error{Errc::invalid_request,
               "provider '" + std::string(name.substr(0, 100)) + "' is not configured here; there is " + known};
}

std::vector<std::string_view> Registry::names() const {
  std::vector<std::string_view> out;
  for (const auto& provider : providers_) out.push_back(provider->name());
  return out;
}

}  // namespace lightfast::providers
