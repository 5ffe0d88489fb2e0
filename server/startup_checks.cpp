#include "server/startup_checks.h"

#include <sys/stat.h>

#include <optional>

namespace lightfast {
namespace {

namespace fs = std::filesystem;

// The device of the path, or of the nearest folder above it that exists.
std::optional<dev_t> device_of(fs::path path) {
  for (struct stat status{};; path = path.parent_path()) {
    if (::stat(path.c_str(), &status) == 0) return status.st_dev;
    if (path == path.parent_path()) return std::nullopt;
  }
}

Error wrong_place(std::string detail) {
  return {Errc::not_configured, std::move(detail)};
}
Error data_missing(std::string detail) {
  return {Errc::conflict, std::move(detail)};
}

Result<void> check_volume(const Config& config) {
  if (!config.on_railway) return {};
  if (config.volume.empty()) {
    return wrong_place(
        "no volume is attached to this service, so images would be lost at the next deploy: attach one "
        "(for example at /data), then deploy again");
  }
  std::error_code problem;
  if (!fs::is_directory(config.volume, problem) || device_of(config.volume) == device_of(config.volume.parent_path())) {
    return wrong_place("the volume is not mounted at " + config.volume.string() +
                       " (RAILWAY_VOLUME_MOUNT_PATH): images would go to a disk that does not last");
  }
  if (device_of(config.images) != device_of(config.volume)) {
    return wrong_place("IMAGE_STORAGE_PATH=" + config.images.string() + " is not on the volume at " +
                       config.volume.string());
  }
  return {};
}

}  // namespace

Result<Places> check_places(const Config& config) {
  if (auto volume = check_volume(config); !volume) return volume.error();
  std::error_code problem;
  Places places;
  places.database_exists = fs::exists(config.database, problem);
  const bool database_is_empty = places.database_exists && fs::is_regular_file(config.database, problem) &&
                                 fs::file_size(config.database, problem) == 0;
  const bool images_there = fs::exists(config.images, problem);
  if (images_there && !fs::is_directory(config.images, problem)) {
    return wrong_place("IMAGE_STORAGE_PATH=" + config.images.string() + " is not a folder");
  }
  places.images_empty = !images_there || fs::is_empty(config.images, problem);
  if (problem) return wrong_place("IMAGE_STORAGE_PATH=" + config.images.string() + ": " + problem.message());
  places.same_device = device_of(config.images) == device_of(config.database.parent_path());
  if (!places.same_device && config.database_is_default) {
    return wrong_place("the database's default place " + config.database.string() +
                       " is on another file system than the images: set DATABASE_PATH to say where it belongs");
  }
  if (!places.database_exists && !places.images_empty) {
    return data_missing(config.images.string() + " holds images, but there is no database at " +
                        config.database.string() +
                        ": is the volume mounted, is DATABASE_PATH right? A new database would forget them");
  }
  if (database_is_empty && !places.images_empty) {
    return data_missing(config.database.string() + " is an empty file, but " + config.images.string() +
                        " holds images: the database was cut off. Restore it from a backup (its folder, or "
                        "lightfast.db out of it); a new database would forget the images");
  }
  return places;
}

Result<void> check_images_present(const Places& places, const Config& config, const fs::path& quarantine,
                                  std::uint64_t known_images) {
  std::error_code problem;
  if (known_images == 0 || !places.images_empty || !fs::is_empty(quarantine, problem)) return {};
  return data_missing("the database knows " + std::to_string(known_images) + " images, but " + config.images.string() +
                      " is empty: is the volume mounted, is IMAGE_STORAGE_PATH right?");
}

}  // namespace lightfast
