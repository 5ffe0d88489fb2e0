#include "storage/filesystem_storage.h"

#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "base/open_beneath.h"
#include "storage/filesystem_spool.h"

namespace lightfast::storage {
namespace {

namespace fs = std::filesystem;

Error no_such_blob(const BlobKey& key) {
  return {Errc::not_found, "no blob " + key.text};
}

// The device number is left out on purpose: it changes when a volume is mounted anew.
BlobInfo to_info(const FileStatus& status) {
  return {status.size_bytes,
          {std::to_string(status.inode) + ':' + std::to_string(status.size_bytes) + ':' +
           std::to_string(status.change_time_ns)}};
}

// A key that may name a file of this storage, an image's or a stranger's.
bool is_inside(const BlobKey& key) {
  return is_normal_relative(key.text) && !is_own_folder(std::string_view(key.text).substr(0, key.text.find('/')));
}

Result<void> make_directories(FileSystem& files, const fs::path& path) {
  fs::path made;
  for (const fs::path& component : path) {
    const fs::path parent = made.empty() ? fs::path(".") : made;
    made /= component;
    if (component.empty() || component == "/") continue;
    const Result<bool> is_new = files.make_directory(made);
    if (!is_new) return is_new.error();
    if (!*is_new) continue;
    if (const Result<void> synced = files.sync_directory(parent); !synced) return synced.error();
  }
  return {};
}

// Takes one empty file the way that every image goes, so that a wrong set-up shows at start and not with the first
// image. The fixed name cleans up after a start that was interrupted here.
Result<void> try_out(FileSystem& files, const DataLayout& layout) {
  const fs::path probe = layout.images / ".Probe";
  (void)files.remove(probe);
  const Result<std::unique_ptr<Spool>> spool = FilesystemSpool::create(files, layout.temporary);
  if (!spool) return spool.error();
  auto& file = static_cast<FilesystemSpool&>(**spool);
  if (const Result<void> moved = files.rename(file.path(), probe); !moved) return moved.error();
  file.release();
  const bool ignores_case = files.status(layout.images / ".probe").has_value();
  if (const Result<void> removed = files.remove(probe); !removed) return removed.error();
  if (ignores_case) {
    return Error{Errc::internal,
                 layout.images.string() + " lies on a file system that ignores case; users differ by it"};
  }
  return {};
}

}  // namespace

FilesystemStorage::FilesystemStorage(FileSystem& files, DataLayout layout)
    : files_(files), layout_(std::move(layout)) {}

Result<std::unique_ptr<FilesystemStorage>> FilesystemStorage::open_root(FileSystem& files, DataLayout layout) {
  const auto prepare = [&]() -> Result<void> {
    for (const fs::path& folder : {layout.images, layout.temporary, layout.quarantine}) {
      if (const Result<void> made = make_directories(files, folder); !made) return made.error();
    }
    // A process killed while it made a user's folder may have left the entry unsynced.
    if (const Result<void> synced = files.sync_directory(layout.images); !synced) return synced.error();
    return try_out(files, layout);
  };
  // A full disk still serves what it has.
  if (Result<void> prepared = prepare(); !prepared && prepared.error().code != Errc::storage_full) {
    return Error{Errc::internal, "the image storage cannot be used: " + prepared.error().detail};
  }
  return std::unique_ptr<FilesystemStorage>(new FilesystemStorage(files, std::move(layout)));
}

Result<std::unique_ptr<Spool>> FilesystemStorage::create_spool() {
  return FilesystemSpool::create(files_, layout_.temporary);
}

Result<BlobInfo> FilesystemStorage::put(const BlobKey& key, std::unique_ptr<Spool> spool) {
  auto* file = dynamic_cast<FilesystemSpool*>(spool.get());
  if (file == nullptr || !file->is_complete()) return Error{Errc::internal, "put " + key.text + ": no whole spool"};
  if (!parse_blob_key(key)) return Error{Errc::internal, "put " + key.text + ": not a key of an image"};

  const fs::path path = layout_.images / key.text;
  if (const Result<void> synced = files_.sync(file->file()); !synced) return synced.error();
  if (const Result<void> moved = move_into_place(file->path(), path); !moved) {
    remove_folder_if_empty(path.parent_path());
    return moved.error();
  }
  file->release();

  Result<BlobInfo> info = make_entry_durable(file->file(), path);
  if (!info) {
    (void)files_.remove(path);
    remove_folder_if_empty(path.parent_path());
  }
  return info;
}

Result<void> FilesystemStorage::move_into_place(const fs::path& from, const fs::path& to) {
  // Under the lock no removal drops the folder in between, and no put relies on one that is not durable yet.
  const std::lock_guard lock(folders_);
  Result<void> moved = make_user_folder(to.parent_path());
  if (moved) moved = files_.rename(from, to);
  if (moved || moved.error().code != Errc::not_found) return moved;
  // Somebody else tidied up empty folders just now; once more is enough.
  if (const Result<void> made = make_user_folder(to.parent_path()); !made) return made;
  return files_.rename(from, to);
}

Result<void> FilesystemStorage::make_user_folder(const fs::path& folder) {
  const Result<bool> is_new = files_.make_directory(folder);
  if (!is_new) return is_new.error();
  if (*is_new) {
    root_is_synced_ = false;
  } else {
    const Result<FileStatus> status = files_.status(folder);
    if (!status) return status.error();
    if (!status->is_directory) return Error{Errc::internal, folder.string() + " is not a directory"};
  }
  if (root_is_synced_) return {};
  const Result<void> synced = files_.sync_directory(layout_.images);
  root_is_synced_ = synced.has_value();
  return synced;
}

// The stamp is taken after the rename, which changes the change time.
Result<BlobInfo> FilesystemStorage::make_entry_durable(int fd, const fs::path& path) {
  if (const Result<void> synced = files_.sync_directory(path.parent_path()); !synced) return synced.error();
  const Result<FileStatus> status = files_.status(fd);
  if (!status) return status.error();
  return to_info(*status);
}

Result<OpenBlob> FilesystemStorage::open(const BlobKey& key) {
  if (!is_inside(key)) return no_such_blob(key);
  Result<UniqueFd> file = files_.open_beneath(layout_.images, key.text);
  if (!file) return file.error().code == Errc::not_found ? no_such_blob(key) : file.error();
  const Result<FileStatus> status = files_.status(file->get());
  if (!status) return status.error();
  return OpenBlob{std::move(*file), to_info(*status)};
}

Result<BlobInfo> FilesystemStorage::status(const BlobKey& key) {
  const Result<fs::path> path = locate(key);
  if (!path) return path.error();
  const Result<FileStatus> status = files_.status(*path);
  if (!status) return status.error().code == Errc::not_found ? no_such_blob(key) : status.error();
  if (!status->is_regular) return no_such_blob(key);
  return to_info(*status);
}

Result<void> FilesystemStorage::remove(const BlobKey& key) {
  const Result<fs::path> path = locate(key);
  if (!path) return path.error();
  if (const Result<void> removed = files_.remove(*path); !removed) {
    return removed.error().code == Errc::not_found ? no_such_blob(key) : removed.error();
  }
  return make_removal_durable(path->parent_path());
}

Result<void> FilesystemStorage::quarantine(const BlobKey& key) {
  const Result<fs::path> path = locate(key);
  if (!path) return path.error();
  const std::string name = quarantine_name(key);
  Result<void> moved = files_.rename(*path, layout_.quarantine / name);
  if (!moved && moved.error().code == Errc::conflict) {
    // A file of this name was set aside before, and was put back from a backup since.
    moved = files_.rename(*path, layout_.quarantine / (name + '.' + to_hex(random_bytes(8))));
  }
  if (!moved) return moved.error().code == Errc::not_found ? no_such_blob(key) : moved.error();

  if (const Result<void> synced = files_.sync_directory(layout_.quarantine); !synced) return synced.error();
  return make_removal_durable(path->parent_path());
}

Result<void> FilesystemStorage::make_removal_durable(const fs::path& folder) {
  Result<void> synced = files_.sync_directory(folder);
  if (!synced && synced.error().code == Errc::not_found) {
    // Another removal emptied and dropped the folder just now: the entry to make durable is the root's.
    return files_.sync_directory(layout_.images);
  }
  if (synced) remove_folder_if_empty(folder);
  return synced;
}

// The path of `key`, with nothing but real folders on the way: calls by path must not follow a symlink out of the root.
Result<fs::path> FilesystemStorage::locate(const BlobKey& key) {
  if (!is_inside(key)) return no_such_blob(key);
  for (std::size_t slash = 0; (slash = key.text.find('/', slash)) != std::string::npos; ++slash) {
    const Result<FileStatus> folder = files_.status(layout_.images / key.text.substr(0, slash));
    if (!folder) return folder.error().code == Errc::not_found ? no_such_blob(key) : folder.error();
    if (!folder->is_directory) return no_such_blob(key);
  }
  return layout_.images / key.text;
}

void FilesystemStorage::remove_folder_if_empty(const fs::path& folder) {
  if (folder == layout_.images) return;
  const std::lock_guard lock(folders_);
  // Refused where anything is in it, and rightly so. An empty folder that comes back after a power cut is harmless.
  (void)files_.remove_directory(folder);
}

Result<void> FilesystemStorage::list(const std::function<bool(const BlobKey&)>& visit) {
  std::vector<std::string> folders = {""};  // relative, each with its slash
  bool stopped = false;
  while (!folders.empty() && !stopped) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    Result<void> failure;
    const Result<void> listed = files_.list(layout_.images / folder, [&](const std::string& name) {
      if (folder.empty() && is_own_folder(name)) return true;
      const std::string relative = folder + name;
      const Result<FileStatus> status = files_.status(layout_.images / relative);
      if (!status) {
        if (status.error().code == Errc::not_found) return true;  // removed meanwhile
        failure = status.error();
        return false;
      }
      if (status->is_directory) {
        folders.push_back(relative + '/');
        return true;
      }
      stopped = !visit({relative});
      return !stopped;
    });
    if (!failure) return failure;
    const bool gone = !listed && listed.error().code == Errc::not_found && !folder.empty();
    if (!listed && !gone) return listed;
  }
  return {};
}

Result<std::size_t> FilesystemStorage::remove_leftovers() {
  std::vector<std::string> names;
  const Result<void> listed = files_.list(layout_.temporary, [&](const std::string& name) {
    names.push_back(name);
    return true;
  });
  if (!listed) return listed.error();
  std::size_t removed = 0;
  for (const std::string& name : names) {
    const fs::path path = layout_.temporary / name;
    const Result<FileStatus> status = files_.status(path);
    if (!status) return status.error();
    if (status->is_directory) continue;  // none of ours
    if (const Result<void> gone = files_.remove(path); !gone) return gone.error();
    ++removed;
  }
  return removed;
}

Result<std::uint64_t> FilesystemStorage::free_bytes() {
  const Result<SpaceStatus> space = files_.space(layout_.images);
  if (!space) return space.error();
  return space->free_bytes;
}

Result<std::uint64_t> FilesystemStorage::capacity_bytes() {
  const Result<SpaceStatus> space = files_.space(layout_.images);
  if (!space) return space.error();
  return space->capacity_bytes;
}

}  // namespace lightfast::storage
