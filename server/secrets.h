// What opens doors: the keys that may do everything, and those that sign. Read at start; plain values.
#pragma once

#include <string>
#include <vector>

#include "server/app.h"

namespace lightfast {

struct Secrets {
  std::vector<std::string> api_keys;      // none where administrators have made some, and API_KEYS is not set
  std::vector<std::string> signing_keys;  // at least one: the first signs, all verify
};

// Makes what is missing: with no key anywhere a key in a file, with no URL_SIGNING_KEYS one in the database. Blocks.
Result<Secrets> load_secrets(App& app);

Result<std::vector<std::string>> load_signing_keys(App& app);

}  // namespace lightfast
