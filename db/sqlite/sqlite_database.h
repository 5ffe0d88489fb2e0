// The SQLite implementation: WAL, synchronous=FULL, one writer thread, a small pool of reading connections.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/ballast.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/database.h"

namespace lightfast::db {

struct SqliteOptions {
  std::filesystem::path path;
  std::size_t queue_limit = 10'000;  // changes that may wait for the writer
  std::size_t largest_group = 256;   // changes in one transaction
  // Nothing is made, brought up to date or changed: so a damaged database, or one on a medium that cannot be written,
  // still tells what it can. Every change gets Errc::read_only.
  bool read_only = false;
  // With read_only: a finished copy that nobody changes; nothing is made beside it.
  bool is_frozen = false;
  // With read_only: the damage that was met when it was to be opened for writing.
  std::string damage = {};
  // An empty file, or one without tables, is a new database; false: it is an error (Errc::conflict), since there is
  // data that it should know of.
  bool may_be_new = true;
  // Given up before something is written to a full disk. It must outlive the database; null: there is none.
  Ballast* ballast = nullptr;
};

// Opens or makes the file, and brings its schema up to date (db/migrations, each in one transaction). Errors say what
// to do: a schema newer than this program, a file that is no database, a damaged one (Errc::damaged). What a damaged
// file holds may still be told with read_only; damage that opening doesn't meet is found by quick_check(). Never
// replaces an existing file.
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options, const Clock& clock, Logger& log);

}  // namespace lightfast::db
