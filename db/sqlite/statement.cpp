#include "db/sqlite/statement.h"

#include <sqlite3.h>

namespace lightfast::db::sqlite {
namespace {

template <class Id>
Id parse_stored(const std::string& text) {
  auto id = Id::parse(text);
  if (!id) throw SqliteError(Error{Errc::damaged, "a row holds a malformed id: '" + text + "'"});
  return std::move(*id);
}

}  // namespace

Statement::~Statement() {
  sqlite3_reset(statement());
  sqlite3_clear_bindings(statement());
  connection_.give_back(std::move(loan_));
}

bool Statement::next_row() {
  column_ = 0;
  const int code = sqlite3_step(statement());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw SqliteError(connection_.handle(), "finish a statement");
}

void Statement::run() {
  while (next_row()) {
  }
  sqlite3_reset(statement());
  parameter_ = 0;
}

std::int64_t Statement::integer() {
  return sqlite3_column_int64(statement(), column_++);
}

std::string Statement::text() {
  const int column = column_++;
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement(), column))};
}

std::optional<std::int64_t> Statement::optional_integer() {
  const int column = column_++;
  if (sqlite3_column_type(statement(), column) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_int64(statement(), column);
}

std::optional<std::uint64_t> Statement::optional_count() {
  const auto value = optional_integer();
  if (!value) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<Timestamp> Statement::optional_time() {
  const auto value = optional_integer();
  if (!value) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(*value));
}

UserId Statement::user_id() {
  return parse_stored<UserId>(text());
}
ImageId Statement::image_id() {
  return parse_stored<ImageId>(text());
}

void Statement::bind_integer(std::int64_t value) {
  require_bound(sqlite3_bind_int64(statement(), ++parameter_, value));
}

void Statement::bind_null() {
  require_bound(sqlite3_bind_null(statement(), ++parameter_));
}

void Statement::bind_next(std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
  require_bound(sqlite3_bind_text64(statement(), ++parameter_, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::require_bound(int code) {
  if (code != SQLITE_OK) throw SqliteError(connection_.handle(), "bind a parameter");
}

}  // namespace lightfast::db::sqlite
