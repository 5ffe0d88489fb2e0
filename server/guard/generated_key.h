// The key for those who have set none: made at the first start and kept in a file of mode 0600 beside the database.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace lightfast::guard {

struct GeneratedKey {
  std::string key;
  bool is_new = false;
};

// Reads the key from `path`, or makes one and writes it there, with a newline, durably.
Result<GeneratedKey> generated_key(const std::filesystem::path& path);

}  // namespace lightfast::guard
