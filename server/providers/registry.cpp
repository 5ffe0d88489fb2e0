#include "server/providers/registry.h"

#include "server/providers/chutes.h"
#include "server/providers/fal.h"
#include "server/providers/openai.h"
#include "server/providers/pexels.h"
#include "server/providers/replicate.h"
#include "server/providers/sample.h"
#include "server/providers/sdwebui.h"
#include "server/providers/stability.h"

namespace lightfast::providers {

template <class Driver, class Where>
void Registry::add(const Where& where, bool is_configured, HttpClient& client, const Clock& clock) {
  if (is_configured) providers_.push_back(std::make_unique<Driver>(where, client, clock));
}

// The order decides which one is the default where none is named.
Result<Registry> Registry::open(const ProviderSettings& settings, HttpClient& client, Workers& workers,
                                const Clock& clock) {
  Registry registry;
  registry.add<Replicate>(settings.replicate, !settings.replicate.key.empty(), client, clock);
  registry.add<OpenAi>(settings.openai, !settings.openai.key.empty(), client, clock);
  registry.add<Fal>(settings.fal, !settings.fal.key.empty(), client, clock);
  registry.add<Chutes>(settings.chutes, !settings.chutes.key.empty(), client, clock);
  registry.add<Stability>(settings.stability, !settings.stability.key.empty(), client, clock);
  registry.add<SdWebUi>(sdwebui::parse_url(settings.sdwebui_url), !settings.sdwebui_url.empty(), client, clock);
  registry.add<Pexels>(settings.pexels, !settings.pexels.key.empty(), client, clock);
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
