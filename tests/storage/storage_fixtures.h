// The storages that the contract is checked on, each with all that it needs.
#pragma once

#include "base/file_system.h"
#include "storage/filesystem_storage.h"
#include "tests/support/memory_storage.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

inline storage::DataLayout layout_in(const TemporaryFolder& folder) {
  return storage::data_layout(folder.path() / "images", folder.path() / "lightfast.db", true);
}

struct OnDisk {
  TemporaryFolder folder;
  PosixFileSystem files;
  storage::DataLayout layout = layout_in(folder);
  std::unique_ptr<storage::FilesystemStorage> storage = storage::FilesystemStorage::open_root(files, layout).value();
};

struct InMemory {
  std::unique_ptr<MemoryStorage> storage = std::make_unique<MemoryStorage>();
};

}  // namespace lightfast::test
