// What must hold before the data is touched, so that a forgotten volume or a wrong path costs a clear line instead of
// images: run at every start, reads only.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "server/config.h"

namespace lightfast {

struct Places {
  bool database_exists = false;
  bool images_empty = true;  // the folder is absent or holds nothing
  bool same_device = true;   // database and images lie on one file system
};

// Errc::not_configured, saying what is wrong and what to do: no volume where the platform would need one; a default
// database path on another file system than the images; images without their database.
Result<Places> check_places(const Config& config);

// Errc::not_configured when the database knows images and their folder is empty (a volume that is not mounted).
Result<void> check_images_present(const Places& places, const Config& config, std::uint64_t known_images);

// Errc::not_configured where names that differ only in case are the same file. Makes and removes two files in
// `folder`.
Result<void> check_case_matters(const std::filesystem::path& folder);

}  // namespace lightfast
