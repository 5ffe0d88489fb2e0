// Where a request to /fal/proxy is to go. fal's SDK has one URL for all it asks and names the real one in a header:
// followed nowhere but to fal's own hosts, and there to what an SDK needs. Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "server/providers/settings.h"

namespace lightfast::proxy::fal {

enum class Call {
  run,     // made while it waits, which costs money
  submit,  // the same, into the queue
  result,  // of one from the queue
  other,   // its state, its cancellation, an upload's beginning
};

struct Target {
  Call call = Call::other;
  std::string base_url;          // as the configuration has it for that host
  std::string path;              // path and query, byte for byte
  std::string model;             // "fal-ai/flux/dev"; of a result without what stands behind owner and name
  std::string prediction_id;     // of a result
  bool is_for_one_user = false;  // it concerns nobody but who calls: requests are known by ids that cannot be guessed
};

// Errc::invalid_request: no https URL of fal's, with nothing in it that only leads elsewhere (a user, a port, a host
// that looks alike).
Result<Target> read_target(std::string_view method, std::string_view url, const providers::FalApi& api);

// A submit's path and query with another address in the place of its `fal_webhook`, where `replace` has one.
using Replace = std::function<std::optional<std::string>(std::string_view url)>;
std::string with_webhook(std::string_view target, const Replace& replace);

}  // namespace lightfast::proxy::fal
