#include "server/lifecycle/backup_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace lightfast::lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_marker = 200;

bool is_within(const fs::path& inner, const fs::path& outer) {
  const auto [end, rest] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end() || (end->empty() && std::next(end) == outer.end());
}

Result<void> require_elsewhere(const fs::path& path, const storage::DataLayout& source) {
  std::error_code problem;
  const fs::path target = fs::weakly_canonical(path, problem);
  if (problem) return Error{Errc::internal, path.string() + ": " + problem.message()};
  for (const fs::path& folder : {source.images, source.database.parent_path()}) {
    const fs::path kept = fs::weakly_canonical(folder.empty() ? fs::path(".") : folder, problem);
    if (!problem && is_within(target, kept)) {
      return Error{Errc::invalid_request,
                   path.string() + " is the data folder " + kept.string() +
                       " or lies in it: a backup belongs on another disk, at least in another folder"};
    }
  }
  return {};
}

std::string marker_text(const std::string& instance) {
  return "a backup made by `lightfast backup`, of the store " + instance + "\n";
}

Result<std::string> read_text(FileSystem& files, const fs::path& path) {
  const auto file = files.open_beneath(path.parent_path(), path.filename().string());
  if (!file) return file.error();
  std::string text(longest_marker, '\0');
  const auto length = files.read_at(file->get(), std::as_writable_bytes(std::span(text)), 0);
  if (!length) return length.error();
  text.resize(*length);
  return text;
}

}  // namespace

Result<void> require_room(FileSystem& files, const fs::path& folder, std::uint64_t bytes) {
  auto space = files.space(folder);
  if (!space) return space.error();
  if (bytes <= space->free_bytes) return {};
  return Error{Errc::storage_full, folder.string() + " has no room for the backup: it needs " + std::to_string(bytes) +
                                       " bytes, and " + std::to_string(space->free_bytes) + " are free"};
}

BackupFolder::BackupFolder(FileSystem& files, fs::path path, UniqueFd held)
    : files_(files), path_(std::move(path)), layout_(storage::backup_layout(path_)), held_(std::move(held)) {}

BackupFolder::~BackupFolder() {
  images_.reset();
  for (const char* suffix : {"", ".partial", ".partial-journal"}) {
    (void)files_.remove(layout_.new_database.string() + suffix);
  }
  for (const fs::path& folder : made_) (void)files_.remove_directory(folder);
}

Result<std::unique_ptr<BackupFolder>> BackupFolder::open(FileSystem& files, const fs::path& path,
                                                         const storage::DataLayout& source,
                                                         const std::string& instance) {
  if (auto elsewhere = require_elsewhere(path, source); !elsewhere) return elsewhere.error();
  auto made = files.make_directory(path);
  if (!made) {
    Error error = made.error();
    if (error.code == Errc::not_found) error.cause += " (is the disk for backups mounted?)";
    return error;
  }
  UniqueFd held(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!held) return system_error(errno, "open " + path.string());
  if (::flock(held.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(errno, "lock " + path.string());
    return Error{Errc::conflict, "another backup into " + path.string() + " is under way"};
  }
  std::unique_ptr<BackupFolder> folder(new BackupFolder(files, path, std::move(held)));
  if (auto own = folder->require_own(instance); !own) return own.error();
  auto images = storage::FilesystemStorage::open_root(files, folder->layout_.data);
  if (!images) return images.error();
  folder->images_ = std::move(*images);
  if (auto removed = folder->images_->remove_leftovers(); !removed) return removed.error();
  return folder;
}

// An empty folder, or one that says that it is a backup of this store and in which nobody else has been since.
Result<void> BackupFolder::require_own(const std::string& instance) {
  std::string stranger;
  bool is_marked = false, is_empty = true;
  std::vector<fs::path> missing = {layout_.data.temporary, layout_.data.quarantine, layout_.data.lost_and_found,
                                   path_ / storage::lost_and_found_folder_in_images};
  auto listed = files_.list(path_, [&](const std::string& name) {
    is_marked = is_marked || name == layout_.marker.filename();
    is_empty = is_empty && (name == layout_.data.lost_and_found.filename() ||  // a volume's own
                            name == layout_.marker.filename().string() + ".new");
    if (!layout_.is_own(name)) stranger = name;
    std::erase(missing, path_ / name);
    return true;
  });
  if (!listed) return listed.error();
  if (!stranger.empty() || (!is_marked && !is_empty)) {
    return Error{Errc::conflict, path_.string() + " holds something else than a backup" +
                                     (stranger.empty() ? "" : " (" + stranger + ")") +
                                     ": name an empty folder, or one that `lightfast backup` made and nobody uses"};
  }
  made_ = std::move(missing);
  if (!is_marked) return write_whole(layout_.marker, marker_text(instance));
  auto text = read_text(files_, layout_.marker);
  if (!text) return text.error();
  if (*text == marker_text(instance)) return {};
  return Error{
      Errc::conflict,
      path_.string() + " holds the backup of another store, whose images would be removed: name another folder"};
}

Result<void> BackupFolder::require_room(std::uint64_t bytes) const {
  return lifecycle::require_room(files_, path_, bytes);
}

Result<void> BackupFolder::put_api_key(const std::string& text) {
  return write_whole(layout_.data.api_key, text);
}

Result<void> BackupFolder::publish() {
  if (auto replaced = files_.replace(layout_.new_database, layout_.data.database); !replaced) return replaced;
  return files_.sync_directory(path_);
}

Result<void> BackupFolder::write_whole(const fs::path& path, const std::string& text) {
  const fs::path temporary = path.string() + ".new";
  (void)files_.remove(temporary);
  const auto file = files_.create(temporary);
  if (!file) return file.error();
  if (::fchmod(file->get(), 0600) != 0) return system_error(errno, "chmod " + temporary.string());
  if (auto written = files_.write(file->get(), std::as_bytes(std::span(text))); !written) return written;
  if (auto synced = files_.sync(file->get()); !synced) return synced;
  if (auto replaced = files_.replace(temporary, path); !replaced) return replaced;
  return files_.sync_directory(path_);
}

}  // namespace lightfast::lifecycle
