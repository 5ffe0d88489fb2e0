// The only file that knows names on disk: where the images, the database and everything beside them lie, and how a
// blob's key is made. Pure functions.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "storage/storage.h"

namespace lightfast::storage {

// "user123/img_01jd….webp"; `extension` without the dot.
BlobKey blob_key(const UserId& user, const ImageId& image, std::string_view extension);

struct BlobName {
  UserId user;
  ImageId image;
  std::string extension;
};
// The other way, for files found on disk; nullopt for a stranger.
std::optional<BlobName> parse_blob_key(const BlobKey& key);

// Everything the program keeps. Only images lie under `images`; the rest lies beside the database.
struct DataLayout {
  std::filesystem::path images;      // IMAGE_STORAGE_PATH
  std::filesystem::path database;    // DATABASE_PATH
  std::filesystem::path temporary;   // unfinished writes, on the same file system as `images`
  std::filesystem::path quarantine;  // damaged files set aside
  std::filesystem::path lock;        // held by the one process that writes
  std::filesystem::path socket;      // admin commands come in here
  std::filesystem::path api_key;     // the generated key
};

// `temporary` and `quarantine` lie beside the database, or, where that is another file system than the images',
// in `images`/.temporary and `images`/.quarantine (no user id starts with a dot).
DataLayout data_layout(const std::filesystem::path& images, const std::filesystem::path& database, bool same_device);

inline constexpr std::string_view temporary_folder_in_images = ".temporary";
inline constexpr std::string_view quarantine_folder_in_images = ".quarantine";

// True for a name directly under `images` that is ours and holds no images.
bool is_own_folder(std::string_view name);

// "user123,img_01jd….webp": one flat name that still tells user and image (no user id holds a comma).
std::string quarantine_name(const BlobKey& key);

}  // namespace lightfast::storage
