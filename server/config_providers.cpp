#include "server/config_providers.h"

#include <array>

namespace lightfast {
namespace {

// What turns a provider on.
struct Switch {
  const char* provider;
  const char* variable;
  const std::string* value;
};

std::array<Switch, 7> switches_of(const providers::ProviderSettings& settings) {
  return {{{"replicate", "REPLICATE_API_TOKEN", &settings.replicate.key},
           {"openai", "OPENAI_API_KEY", &settings.openai.key},
           {"fal", "FAL_KEY", &settings.fal.key},
           {"chutes", "CHUTES_API_KEY", &settings.chutes.key},
           {"stability", "STABILITY_API_KEY", &settings.stability.key},
           {"sdwebui", "SDWEBUI_URL", &settings.sdwebui_url},
           {"pexels", "PEXELS_API_KEY", &settings.pexels.key}}};
}

void check_foreign(ConfigReader& reader, const std::string& name, const std::string& url, const std::string& own_url) {
  if (!own_url.empty() && (url == own_url || url.starts_with(own_url + "/"))) {
    reader.reject(name, url, "another server's address than this one's own");
  }
}

void check_default(ConfigReader& reader, const providers::ProviderSettings& settings) {
  for (const Switch& one : switches_of(settings)) {
    if (settings.default_provider == one.provider && one.value->empty()) {
      reader.reject("DEFAULT_PROVIDER", one.provider,
                    "a provider that is configured: " + std::string(one.variable) + " is not set");
    }
  }
}

}  // namespace

void read_providers(ConfigReader& reader, const std::string& own_url, providers::ProviderSettings& settings) {
  std::vector<std::pair<std::string, std::string>> names = {{"", ""}, {"sample", "sample"}};
  for (const Switch& one : switches_of(settings)) names.emplace_back(one.provider, one.provider);
  reader.word("DEFAULT_PROVIDER", settings.default_provider, names);
  reader.secret("REPLICATE_API_TOKEN", settings.replicate.key);
  reader.secret("OPENAI_API_KEY", settings.openai.key);
  reader.secret("FAL_KEY", settings.fal.key);
  reader.secret("CHUTES_API_KEY", settings.chutes.key);
  reader.secret("STABILITY_API_KEY", settings.stability.key);
  reader.secret("PEXELS_API_KEY", settings.pexels.key);
  const std::pair<const char*, std::string*> addresses[] = {{"REPLICATE_BASE_URL", &settings.replicate.base_url},
                                                            {"OPENAI_BASE_URL", &settings.openai.base_url},
                                                            {"FAL_QUEUE_URL", &settings.fal.queue_url},
                                                            {"FAL_RUN_URL", &settings.fal.run_url},
                                                            {"FAL_REST_URL", &settings.fal.rest_url},
                                                            {"CHUTES_BASE_URL", &settings.chutes.base_url},
                                                            {"STABILITY_BASE_URL", &settings.stability.base_url},
                                                            {"PEXELS_BASE_URL", &settings.pexels.base_url}};
  for (const auto& [name, url] : addresses) {
    reader.base_url(name, *url);
    check_foreign(reader, name, *url, own_url);
  }
  reader.login_url("SDWEBUI_URL", settings.sdwebui_url);
  check_foreign(reader, "SDWEBUI_URL", without_login(settings.sdwebui_url), own_url);
  check_default(reader, settings);
}

}  // namespace lightfast
