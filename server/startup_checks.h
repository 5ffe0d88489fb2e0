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

// Says what is wrong and what to do. Errc::not_configured: no volume where the platform would need one, a default
// database path on another file system than the images. Errc::conflict: images without their database.
Result<Places> check_places(const Config& config);

// Errc::conflict when the database knows images and their folder is empty (a volume that is not mounted), unless they
// lie in `quarantine`.
Result<void> check_images_present(const Places& places, const Config& config, const std::filesystem::path& quarantine,
                                  std::uint64_t known_images);

}  // namespace lightfast
