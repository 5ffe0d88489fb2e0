#include "storage/blob_path.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"

namespace lightfast::storage {
namespace {

constexpr std::size_t extension_limit = 8;
constexpr std::size_t aside_name_limit = 200;  // an image's is never longer
constexpr std::size_t mark_length = 16;        // in hexadecimal digits, behind a dot

bool is_extension(std::string_view text) {
  return !text.empty() && text.size() <= extension_limit &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace

BlobKey blob_key(const UserId& user, const ImageId& image, std::string_view extension) {
  return {user.str() + '/' + image.str() + '.' + std::string(extension)};
}

std::optional<BlobName> parse_blob_key(const BlobKey& key) {
  const std::string_view text = key.text;
  // Neither a user's name nor an image's holds a slash, and an image's holds no dot.
  const std::size_t slash = text.find('/');
  const std::size_t dot = slash == std::string_view::npos ? slash : text.find('.', slash);
  if (dot == std::string_view::npos) return std::nullopt;

  Result<UserId> user = UserId::parse(text.substr(0, slash));
  Result<ImageId> image = ImageId::parse(text.substr(slash + 1, dot - slash - 1));
  const std::string_view extension = text.substr(dot + 1);
  if (!user || !image || !is_extension(extension)) return std::nullopt;
  return BlobName{std::move(*user), std::move(*image), std::string(extension)};
}

DataLayout data_layout(const std::filesystem::path& images, const std::filesystem::path& database, bool same_device) {
  const std::filesystem::path beside = database.parent_path();
  return {
      .images = images,
      .database = database,
      .temporary = same_device ? beside / "temporary" : images / temporary_folder_in_images,
      .quarantine = same_device ? beside / "quarantine" : images / quarantine_folder_in_images,
      .lost_and_found = same_device ? beside / "lost+found" : images / lost_and_found_folder_in_images,
      .lock = beside / "lightfast.lock",
      .socket = beside / "lightfast.sock",
      .api_key = beside / "api-key",
      .snapshot = beside / "backup.db",
      .ballast = beside / "ballast",
  };
}

BackupLayout backup_layout(const std::filesystem::path& folder) {
  DataLayout data = data_layout(folder / "images", folder / "lightfast.db", true);
  return {.data = std::move(data), .new_database = folder / "new.db", .marker = folder / "lightfast.backup"};
}

bool BackupLayout::is_own(const std::string& name) const {
  for (const auto& path :
       {data.images, data.database, data.temporary, data.quarantine, data.lost_and_found, data.api_key, marker}) {
    if (name == path.filename() || name == path.filename().string() + ".new") return true;
  }
  return name == lost_and_found_folder_in_images ||
         name.starts_with(new_database.filename().string());  // and what SQLite has beside it while it is made
}

bool is_own_folder(std::string_view name) {
  return name == temporary_folder_in_images || name == quarantine_folder_in_images ||
         name == lost_and_found_folder_in_images;
}

std::string aside_name(const BlobKey& key) {
  std::string name = key.text;
  std::replace(name.begin(), name.end(), '/', ',');
  if (name.size() <= aside_name_limit) return name;
  return name.substr(0, aside_name_limit) + '.' + sha256(key.text).hex().substr(0, mark_length);
}

std::string another_aside_name(const BlobKey& key) {
  return aside_name(key) + '.' + to_hex(random_bytes(mark_length / 2));
}

std::optional<BlobKey> former_key(std::string_view aside_name) {
  const std::size_t dot = aside_name.rfind('.');
  if (dot != std::string_view::npos && aside_name.size() - dot - 1 == mark_length)
    aside_name = aside_name.substr(0, dot);
  BlobKey key{std::string(aside_name)};
  const std::size_t comma = key.text.find(',');
  if (comma != std::string::npos) key.text[comma] = '/';
  if (!parse_blob_key(key)) return std::nullopt;
  return key;
}

}  // namespace lightfast::storage
