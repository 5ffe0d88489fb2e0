// The providers' variables: where each is, and what opens it. Part of server/config.
#pragma once

#include <string>

#include "server/config_reader.h"
#include "server/providers/settings.h"

namespace lightfast {

// `own_url` is this server's own address, which no provider's may be: it would call itself.
void read_providers(ConfigReader& reader, const std::string& own_url, providers::ProviderSettings& settings);

}  // namespace lightfast
