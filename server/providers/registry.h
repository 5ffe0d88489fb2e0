// The providers there are: one line here, and one driver, for each. Read-only once built; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/http_client.h"
#include "base/workers.h"
#include "server/providers/provider.h"
#include "server/providers/settings.h"

namespace lightfast::providers {

class Registry {
 public:
  // Those that are configured, and `sample`. What it is given outlives it. Errc::invalid_request for a
  // default_provider that is not among them.
  static Result<Registry> open(const ProviderSettings& settings, HttpClient& client, Workers& workers,
                               const Clock& clock);

  // Errc::invalid_request for an unknown name, saying which there are; the default for an empty one.
  Result<Provider*> find(std::string_view name) const;
  Provider& default_provider() const { return *default_; }
  std::vector<std::string_view> names() const;

 private:
  template <class Driver, class Where>
  void add(const Where& where, bool is_configured, HttpClient& client, const Clock& clock);

  std::vector<std::unique_ptr<Provider>> providers_;
  Provider* default_ = nullptr;
};

}  // namespace lightfast::providers
