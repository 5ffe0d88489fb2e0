#include "storage/filesystem_storage.h"

#include <string_view>
#include <vector>

#include "base/open_beneath.h"
#include "storage/file_stamp.h"

namespace lightfast::storage {
namespace {

namespace fs = std::filesystem;

Error no_such_blob(const BlobKey& key) {
  return {Errc::not_found, "no blob " + key.text};
}

BlobInfo to_info(const FileStatus& status) {
  return {status.size_bytes, {FileStamp{status.inode, status.size_bytes, status.change_time_ns}.text()}};
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

// A volume's own lost+found belongs to root; who may not write into it takes another beside it.
Result<void> make_lost_and_found(FileSystem& files, fs::path& folder) {
  if (const Result<void> made = make_directories(files, folder); !made) return made;
  const fs::path probe = folder / ".probe";
  Result<bool> tried = files.make_directory(probe);
  if (tried) {
    (void)files.remove_directory(probe);
    return {};
  }
  if (tried.error().code != Errc::internal) return tried.error();
  folder = folder.parent_path() / lost_and_found_folder_in_images;
  return make_directories(files, folder);
}

// Takes one empty file the way that every image goes, so that a wrong set-up shows at start and not with the first
// image. The fixed name cleans up after a start that was interrupted here.
Result<void> try_out(FileSystem& files, const DataLayout& layout) {
  const fs::path probe = layout.images / ".Probe";
  (void)files.remove(probe);
  const Result<std::unique_ptr<Spool>> spool =
      FilesystemSpool::create(files, layout.temporary, std::make_shared<HeldSpools>());
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
    : files_(files),
      layout_(std::move(layout)),
      quarantine_(files, layout_.quarantine),
      lost_and_found_(files, layout_.lost_and_found) {}

Result<std::unique_ptr<FilesystemStorage>> FilesystemStorage::open_root(FileSystem& files, DataLayout layout) {
  const auto prepare = [&]() -> Result<void> {
    for (const fs::path& folder : {layout.images, layout.temporary, layout.quarantine}) {
      if (const Result<void> made = make_directories(files, folder); !made) return made.error();
    }
    if (const Result<void> made = make_lost_and_found(files, layout.lost_and_found); !made) return made.error();
    // A process killed while it made a user's folder may have left the entry unsynced.
    if (const Result<void> synced = files.sync_directory(layout.images); !synced) return synced.error();
    return try_out(files, layout);
  };
  // A full disk still serves what it has.
  if (Result<void> prepared = prepare(); !prepared && prepared.error().code != Errc::storage_full) {
    Error error{Errc::internal, "the image storage cannot be used: " + prepared.error().detail};
    error.cause = "the image storage cannot be used: " + explain(prepared.error());
    return error;
  }
  return std::unique_ptr<FilesystemStorage>(new FilesystemStorage(files, std::move(layout)));
}

Result<std::unique_ptr<Spool>> FilesystemStorage::create_spool() {
  return FilesystemSpool::create(files_, layout_.temporary, held_spools_);
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

Result<Entry> FilesystemStorage::look(const BlobKey& key) {
  const Result<fs::path> path = locate(key);
  if (!path) return path.error().code == Errc::not_found ? Result<Entry>(Entry::nothing) : path.error();
  const Result<FileStatus> status = files_.status(*path);
  if (!status) return status.error().code == Errc::not_found ? Result<Entry>(Entry::nothing) : status.error();
  return status->is_regular ? Entry::blob : Entry::something_else;
}

Result<std::string> FilesystemStorage::set_aside(const BlobKey& key, Aside where) {
  const Result<fs::path> path = locate(key);
  if (!path) return path.error();
  Result<std::string> name = aside(where).take(*path, key);
  if (!name) return name.error().code == Errc::not_found ? no_such_blob(key) : name.error();
  if (const Result<void> durable = make_removal_durable(path->parent_path()); !durable) return durable.error();
  return name;
}

Result<void> FilesystemStorage::list_aside(Aside where, const std::function<bool(const std::string& name)>& visit) {
  return aside(where).list(visit);
}

Result<OpenBlob> FilesystemStorage::open_aside(Aside where, const std::string& name) {
  Result<UniqueFd> file = aside(where).open(name);
  if (!file) return file.error();
  const Result<FileStatus> status = files_.status(file->get());
  if (!status) return status.error();
  return OpenBlob{std::move(*file), to_info(*status)};
}

Result<BlobInfo> FilesystemStorage::put_back(Aside where, const std::string& name, const BlobKey& key) {
  if (!parse_blob_key(key)) return Error{Errc::internal, "put " + key.text + " back: not a key of an image"};
  const fs::path path = layout_.images / key.text;
  const Result<UniqueFd> file = aside(where).open(name);
  if (!file) return file.error();
  // Who put it there may not have made it durable.
  if (const Result<void> synced = files_.sync(file->get()); !synced) return synced.error();
  if (const Result<void> moved = move_into_place(aside(where).path_of(name), path); !moved) {
    remove_folder_if_empty(path.parent_path());
    return moved.error();
  }
  Result<BlobInfo> info = make_entry_durable(file->get(), path);
  if (!info) {
    (void)files_.rename(path, aside(where).path_of(name));
    remove_folder_if_empty(path.parent_path());
    return info;
  }
  // Should this fail, a power cut may leave it in both places: harmless.
  (void)aside(where).make_durable();
  return info;
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

// One folder of the root after the other, so that a million users are never held in memory at once.
Result<void> FilesystemStorage::list(const std::function<bool(const BlobKey&)>& visit) {
  Result<void> failure;
  bool stopped = false;
  const Result<void> listed = files_.list(layout_.images, [&](const std::string& name) {
    if (is_own_folder(name)) return true;
    const Result<FileStatus> status = files_.status(layout_.images / name);
    if (status && status->is_directory) {
      failure = list_below(name + '/', visit, stopped);
      // A volume's own, where the images lie right below its root: not ours to read.
      if (!failure && failure.error().code == Errc::internal && name == "lost+found") failure = Result<void>();
    } else if (status) {
      stopped = !visit({name});
    } else if (status.error().code != Errc::not_found) {  // removed meanwhile
      failure = status.error();
    }
    return failure && !stopped;
  });
  return failure ? listed : failure;
}

Result<void> FilesystemStorage::list_below(std::string folder, const std::function<bool(const BlobKey&)>& visit,
                                           bool& stopped) {
  std::vector<std::string> folders = {std::move(folder)};  // relative, each with its slash
  while (!folders.empty() && !stopped) {
    const std::string current = std::move(folders.back());
    folders.pop_back();
    Result<void> failure;
    const Result<void> listed = files_.list(layout_.images / current, [&](const std::string& name) {
      const std::string relative = current + name;
      const Result<FileStatus> status = files_.status(layout_.images / relative);
      if (status && status->is_directory) {
        folders.push_back(relative + '/');
      } else if (status) {
        stopped = !visit({relative});
      } else if (status.error().code != Errc::not_found) {  // removed meanwhile
        failure = status.error();
      }
      return failure && !stopped;
    });
    if (!failure) return failure;
    if (!listed && listed.error().code != Errc::not_found) return listed;
  }
  return {};
}

// A name is held from before its file is made until after the file has another name or is gone: one that is not held,
// and still there, is nobody's.
Result<void> FilesystemStorage::list_leftovers(const std::function<bool(const std::string& name)>& visit) {
  Result<void> failure;
  const Result<void> listed = files_.list(layout_.temporary, [&](const std::string& name) {
    if (held_spools_->contains(name)) return true;
    const Result<FileStatus> status = files_.status(layout_.temporary / name);
    if (!status && status.error().code == Errc::not_found) return true;
    if (!status) {
      failure = status.error();
      return false;
    }
    return status->is_directory || visit(name);  // a folder is none of ours
  });
  return failure ? listed : failure;
}

Result<std::size_t> FilesystemStorage::remove_leftovers() {
  std::size_t removed = 0;
  Result<void> failure;
  const Result<void> listed = list_leftovers([&](const std::string& name) {
    failure = files_.remove(layout_.temporary / name);
    if (failure) ++removed;
    return failure.has_value();
  });
  if (!failure) return failure.error();
  if (!listed) return listed.error();
  return removed;
}

}  // namespace lightfast::storage
