// A whole small store for lifecycle tests: a database, storage in memory, images with real bytes, and a clock to turn.
// One thread.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "db/access.h"
#include "db/database.h"
#include "server/images/access_recorder.h"
#include "server/images/eraser.h"
#include "server/images/mender.h"
#include "storage/disk_room.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_storage.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

struct Store {
  Store();

  TemporaryFolder folder;
  ManualClock clock;
  IdGenerator ids{clock};
  Logger log{LogLevel::error, LogFormat::text};
  MemoryStorage storage;
  storage::DiskRoom room{{[this] { return storage.space(); }}};
  std::unique_ptr<db::Database> database;
  images::DeletionGate gate;
  std::unique_ptr<images::Eraser> eraser;
  Alerts alerts{clock};
  std::unique_ptr<images::Mender> mender;
  std::unique_ptr<images::AccessRecorder> accesses;

  // Stored now: the bytes, then the row. Different `bytes` are different images.
  db::ImageRecord add(const std::string& bytes, const std::string& user = "ana");
  db::ImageRecord add_version(const std::string& bytes, const std::string& name);
  db::ImageRecord add(const std::string& bytes, db::ImageRecord facts);

  void remove(const ImageId& id);
  std::optional<db::ImageRecord> find(const ImageId& id);
  bool has_file(const db::ImageRecord& image);

  template <class Fn>
  auto read(Fn fn) {
    return db::read(*database, std::move(fn));
  }
  template <class Fn>
  auto change(Fn fn) {
    return db::commit_blocking(*database, std::move(fn));
  }
};

}  // namespace lightfast::test
