#include "tests/db/sqlite/faulty_vfs.h"

#include <mutex>

namespace lightfast::test {

FaultyVfs::FaultyVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = "faulty";
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = &FaultyVfs::open;
  // The other calls of the real layer look at their own data.
  vfs_.xDelete = [](sqlite3_vfs* v, const char* name, int sync) {
    auto* real = static_cast<FaultyVfs*>(v->pAppData)->real_;
    return real->xDelete(real, name, sync);
  };
  vfs_.xAccess = [](sqlite3_vfs* v, const char* name, int flags, int* result) {
    auto* real = static_cast<FaultyVfs*>(v->pAppData)->real_;
    return real->xAccess(real, name, flags, result);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* v, const char* name, int size, char* out) {
    auto* real = static_cast<FaultyVfs*>(v->pAppData)->real_;
    return real->xFullPathname(real, name, size, out);
  };
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

int FaultyVfs::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* self = static_cast<FaultyVfs*>(vfs->pAppData);
  const int code = self->real_->xOpen(self->real_, name, file, flags, out_flags);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  file->pMethods = &self->methods_for(file->pMethods, (flags & SQLITE_OPEN_WAL) != 0)->replaced;
  return code;
}

const FaultyVfs::Methods* FaultyVfs::methods_for(const sqlite3_io_methods* original, bool is_wal) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (const Methods& known : methods_) {
    if (known.original == original && known.is_wal == is_wal) return &known;
  }
  Methods& made = methods_.emplace_back(Methods{*original, original, this, is_wal});
  made.replaced.xRead = &FaultyVfs::read;
  made.replaced.xWrite = &FaultyVfs::write;
  made.replaced.xSync = &FaultyVfs::sync;
  return &made;
}

// `replaced` is the first member, so a file's methods point to the whole.
const FaultyVfs::Methods& FaultyVfs::methods_of(sqlite3_file* file) {
  return *reinterpret_cast<const Methods*>(file->pMethods);
}

int FaultyVfs::read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  const Methods& methods = methods_of(file);
  if (methods.vfs->reads_until_fault_-- == 1) return SQLITE_IOERR_READ;
  return methods.original->xRead(file, bytes, count, offset);
}

int FaultyVfs::write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const Methods& methods = methods_of(file);
  const Fault fault = methods.vfs->fault_;
  if (fault == Fault::disk_full) return SQLITE_FULL;
  if (fault == Fault::read_only) return SQLITE_READONLY;
  return methods.original->xWrite(file, bytes, count, offset);
}

int FaultyVfs::sync(sqlite3_file* file, int flags) {
  const Methods& methods = methods_of(file);
  if (methods.vfs->fault_ == Fault::sync_fails) return SQLITE_IOERR_FSYNC;
  if (methods.is_wal) ++methods.vfs->wal_syncs_;
  return methods.original->xSync(file, flags);
}

}  // namespace lightfast::test
