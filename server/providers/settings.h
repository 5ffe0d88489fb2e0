// Which providers there are and where: what the registry is opened with. Plain values.
#pragma once

#include <string>

#include "server/providers/provider.h"

namespace lightfast::providers {

struct FalApi {
  std::string queue_url = "https://queue.fal.run";
  std::string run_url = "https://fal.run";
  std::string rest_url = "https://rest.fal.ai";  // where its public keys are
  std::string key;
};

// One without a key (SD WebUI: without a URL) is not configured.
struct ProviderSettings {
  std::string default_provider;  // empty: the first configured, else sample
  Api replicate{"https://api.replicate.com/v1", {}};
  Api openai{"https://api.openai.com/v1", {}};
  FalApi fal;
  Api chutes{"https://image.chutes.ai", {}};
  Api stability{"https://api.stability.ai", {}};
  std::string sdwebui_url;  // may hold user:password@
  Api pexels{"https://api.pexels.com/v1", {}};
};

}  // namespace lightfast::providers
