#include "db/sqlite/sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>

#include "db/sqlite/file_errors.h"

namespace lightfast::db::sqlite {
namespace {

// SQLite calls EDQUOT, a read-only file system and too many open files I/O errors; the operating system's number tells
// them apart.
Errc errc_of(int code, int system_error_number) {
  if (code == SQLITE_IOERR_SHMSIZE) return Errc::storage_full;
  switch (code & 0xff) {
    case SQLITE_FULL: return Errc::storage_full;
    case SQLITE_READONLY: return Errc::read_only;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM: return Errc::overloaded;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Errc::damaged;
    case SQLITE_CONSTRAINT: return Errc::conflict;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (system_error_number == ENOSPC || system_error_number == EDQUOT) return Errc::storage_full;
      if (system_error_number == EROFS) return Errc::read_only;
      if (system_error_number == EMFILE || system_error_number == ENFILE) return Errc::overloaded;
      return Errc::internal;
    default: return Errc::internal;
  }
}

constexpr std::string_view verdict = "the database ";

}  // namespace

bool is_damage_of_file(const Error& error) {
  return error.code == Errc::damaged && error.detail.starts_with(verdict);
}

SqliteError::SqliteError(sqlite3* connection, std::string_view doing) {
  const int code = sqlite3_extended_errcode(connection);
  error_.code = errc_of(code, code == SQLITE_IOERR_WRITE ? last_write_errno() : sqlite3_system_errno(connection));
  error_.detail = std::string(verdict) + "could not " + std::string(doing) + ": " + sqlite3_errmsg(connection) + " (" +
                  std::to_string(code) + ")";
  if (error_.code == Errc::overloaded) error_.retry_after = std::chrono::seconds(1);
}

}  // namespace lightfast::db::sqlite
