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
  std::filesystem::path images;          // IMAGE_STORAGE_PATH
  std::filesystem::path database;        // DATABASE_PATH
  std::filesystem::path temporary;       // unfinished writes, on the same file system as `images`
  std::filesystem::path quarantine;      // damaged files set aside
  std::filesystem::path lost_and_found;  // files set aside that no image is known for
  std::filesystem::path lock;            // held by the one process that writes
  std::filesystem::path socket;          // admin commands come in here
  std::filesystem::path api_key;         // the generated key
  std::filesystem::path snapshot;        // the database as a backup that is streamed found it
  std::filesystem::path ballast;         // disk kept back for when it is full
};

// `temporary`, `quarantine` and `lost+found` lie beside the database, or, where that is another file system than the
// images', in `images`/.temporary, `images`/.quarantine and `images`/.lost+found (no user id starts with a dot).
DataLayout data_layout(const std::filesystem::path& images, const std::filesystem::path& database, bool same_device);

// What a backup keeps in its folder: what a server keeps, and its own.
struct BackupLayout {
  DataLayout data;
  std::filesystem::path new_database;  // on its way, until every file is there
  std::filesystem::path marker;        // says that the folder is a backup, and of which store
  // Whether `name`, directly in the folder, is one that a backup makes, finished or not.
  bool is_own(const std::string& name) const;
};
BackupLayout backup_layout(const std::filesystem::path& folder);

inline constexpr std::string_view temporary_folder_in_images = ".temporary";
inline constexpr std::string_view quarantine_folder_in_images = ".quarantine";
inline constexpr std::string_view lost_and_found_folder_in_images = ".lost+found";

// True for a name directly under `images` that is ours and holds no images.
bool is_own_folder(std::string_view name);

// "user123,img_01jd….webp": one flat name that still tells user and image (no user id holds a comma). A stranger's long
// one is cut, with a hash.
std::string aside_name(const BlobKey& key);
// The same with something random at its end, for when that name is taken.
std::string another_aside_name(const BlobKey& key);
// The other way, of either name; nullopt for a stranger's.
std::optional<BlobKey> former_key(std::string_view aside_name);

}  // namespace lightfast::storage
