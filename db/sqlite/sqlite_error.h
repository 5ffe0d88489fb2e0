// A failed SQLite call. Thrown inside db/sqlite alone, so that its code reads straight; guarded() is the wall where it
// becomes an Error. Plain values: any thread.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.h"

struct sqlite3;

namespace lightfast::db::sqlite {

class SqliteError : public std::exception {
 public:
  explicit SqliteError(Error error) : error_(std::move(error)) {}
  // The connection's last failure; `doing` names what was tried.
  SqliteError(sqlite3* connection, std::string_view doing);

  const Error& error() const { return error_; }
  const char* what() const noexcept override { return error_.detail.c_str(); }

 private:
  Error error_;
};

// Whether it is SQLite's own verdict on the file, and not on what a row says.
bool is_damage_of_file(const Error& error);

template <class Fn>
std::invoke_result_t<Fn&> guarded(Fn fn) {
  try {
    return fn();
  } catch (const SqliteError& failure) {
    return failure.error();
  }
}

}  // namespace lightfast::db::sqlite
