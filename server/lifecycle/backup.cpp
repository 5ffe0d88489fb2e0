#include "server/lifecycle/backup.h"

#include "db/access.h"
#include "server/lifecycle/backup_folder.h"
#include "server/lifecycle/tar_copy.h"

namespace lightfast::lifecycle {
namespace {

constexpr unsigned copying_threads = 8;  // they wait for the disk, which takes their syncs together
constexpr std::size_t longest_api_key = 4'096;

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(file, missing);
  return missing ? 0 : bytes;
}

// Takes each file of the copy, and tells how far it has come.
Result<void> take_images(db::Database& copy, const BackupSource& source, Progress& progress,
                         const std::stop_token& stop, const BackupSource::Visit& take, unsigned threads) {
  auto totals = db::read(copy, [](const db::Session& session) { return session.users().everybody(); });
  if (!totals) return totals.error();
  progress.begin("copying images", totals->images + totals->trash_images);
  const auto take_and_tell = [&](const db::StoredFile& file) {
    progress.done += 1;
    return take(file);
  };
  return source.each(stop, take_and_tell, threads);
}

// Gone with its object.
class TemporaryFile {
 public:
  TemporaryFile(FileSystem& files, const std::filesystem::path& path) : files_(files), path_(path) {}
  ~TemporaryFile() { (void)files_.remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

 private:
  FileSystem& files_;
  const std::filesystem::path& path_;
};

}  // namespace

Result<BackupReport> Backup::into(const BackupOptions& options, Progress& progress, const std::stop_token& stop) {
  BackupReport report;
  report.started_at = store_.clock.now();
  auto folder = BackupFolder::open(store_.files, options.folder, store_.layout, store_.instance);
  if (!folder) return folder.error();

  store_.accesses.flush_blocking();
  const auto held = store_.deletions.hold();
  auto copy = take_snapshot((*folder)->new_database(), progress);
  if (!copy) return copy.error();
  report.database_bytes = size_of((*folder)->new_database());
  const BackupSource source(**copy, store_.storage, store_.files);
  const BackupSource there(**copy, (*folder)->images(), store_.files);
  FolderCopy work(source, there, **folder, options.trust, report);
  progress.begin("comparing", 0);
  if (auto room = work.require_room(stop); !room) return room.error();
  auto taken = take_images(
      **copy, source, progress, stop, [&](const db::StoredFile& file) { return work.copy(file); }, copying_threads);
  if (!taken) return taken.error();
  auto key = api_key();
  if (!key) return key.error();
  if (*key) {
    if (auto put = (*folder)->put_api_key(**key); !put) return put.error();
  }
  if (auto published = (*folder)->publish(); !published) return published.error();
  // Only now is the database gone that knew them.
  if (auto removed = work.remove_surplus(**copy); !removed) return removed.error();
  finish(report);
  return report;
}

Result<BackupReport> Backup::stream(const TarWriter::Sink& sink, Progress& progress, const std::stop_token& stop) {
  const std::unique_lock alone(streaming_, std::try_to_lock);
  if (!alone) return Error{Errc::conflict, "another backup is being streamed"};
  BackupReport report;
  report.started_at = store_.clock.now();

  store_.accesses.flush_blocking();
  const auto held = store_.deletions.hold();
  const TemporaryFile snapshot(store_.files, store_.layout.snapshot);
  auto copy = take_snapshot(store_.layout.snapshot, progress);
  if (!copy) return copy.error();
  const BackupSource source(**copy, store_.storage, store_.files);
  TarWriter tar(sink);
  TarCopy work(source, store_.files, tar, report);
  if (auto added = work.add_database(store_.layout.snapshot, report.started_at); !added) return added.error();
  auto key = api_key();
  if (!key) return key.error();
  if (*key) {
    if (auto added = work.add_api_key(**key, report.started_at); !added) return added.error();
  }
  auto taken = take_images(
      **copy, source, progress, stop, [&](const db::StoredFile& file) { return work.add(file); }, 1);
  if (!taken) return taken.error();
  if (auto finished = tar.finish(); !finished) return finished.error();
  finish(report);
  return report;
}

// nullopt where keys are given in API_KEYS, so that none was generated.
Result<std::optional<std::string>> Backup::api_key() const {
  const std::filesystem::path& path = store_.layout.api_key;
  const auto file = store_.files.open_beneath(path.parent_path(), path.filename().string());
  if (!file) {
    if (file.error().code == Errc::not_found) return std::optional<std::string>();
    return file.error();
  }
  std::string text(longest_api_key, '\0');
  const auto length = store_.files.read_at(file->get(), std::as_writable_bytes(std::span(text)), 0);
  if (!length) return length.error();
  text.resize(*length);
  return std::optional<std::string>(std::move(text));
}

Result<std::unique_ptr<db::Database>> Backup::take_snapshot(const std::filesystem::path& path, Progress& progress) {
  const std::uint64_t needed = size_of(store_.layout.database) + store_.database.log_bytes();
  if (auto room = require_room(store_.files, path.parent_path(), needed); !room) return room.error();
  progress.begin("copying the database", 0);
  auto copied = store_.database.backup_to(path, [&](const db::BackupProgress& now) {
    progress.total = now.total_bytes;
    progress.done = now.done_bytes;
  });
  if (!copied) return copied.error();
  return store_.open_copy(path);
}

void Backup::finish(BackupReport& report) const {
  report.finished_at = store_.clock.now();
  store_.log.info("backup finished", {{"images", report.images},
                                      {"bytes", report.bytes},
                                      {"copied", report.copied},
                                      {"removed", report.removed},
                                      {"lost", report.lost}});
}

}  // namespace lightfast::lifecycle
