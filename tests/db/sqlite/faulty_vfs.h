// The file layer of SQLite with faults on demand, and a count of the syncs of write-ahead logs. While one exists, every
// database that is opened uses it. Made and ended on one thread; the rest from any.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <list>

namespace lightfast::test {

class FaultyVfs {
 public:
  enum class Fault { none, disk_full, sync_fails, read_only };

  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  void set(Fault fault) { fault_ = fault; }
  void fail_read(int nth) { reads_until_fault_ = nth; }  // counted from now; once
  bool read_failed() const { return reads_until_fault_ <= 0; }
  int wal_syncs() const { return wal_syncs_; }

 private:
  struct Methods {  // of the files of one kind: the original ones with a few replaced
    sqlite3_io_methods replaced;
    const sqlite3_io_methods* original = nullptr;
    FaultyVfs* vfs = nullptr;
    bool is_wal = false;
  };
  static const Methods& methods_of(sqlite3_file* file);
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags);
  static int read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset);
  static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset);
  static int sync(sqlite3_file* file, int flags);
  const Methods* methods_for(const sqlite3_io_methods* original, bool is_wal);

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
  std::list<Methods> methods_;  // files point to them
  std::atomic<Fault> fault_ = Fault::none;
  std::atomic<int> wal_syncs_ = 0;
  std::atomic<int> reads_until_fault_ = 0;
};

}  // namespace lightfast::test
