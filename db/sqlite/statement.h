// A prepared statement on loan from its connection: parameters are bound in order, the columns of a row are read in
// order, and it goes back, reset, when it leaves the scope. Failures are thrown as SqliteError. One thread at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/id.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

using Value = std::variant<std::int64_t, std::string>;

class Statement {
 public:
  template <class... Values>
  Statement(Connection& connection, std::string_view sql, const Values&... values)
      : connection_(connection), loan_(connection.take(sql)) {
    bind(values...);
  }
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  Statement& bind(const Values&... values) {
    (bind_next(values), ...);
    return *this;
  }

  bool next_row();  // false after the last one
  void run();       // to the end, whatever rows there are; may be bound and run again then

  // The next column of the row. NULL reads as 0, "" or nullopt.
  std::int64_t integer();
  std::uint64_t count() { return static_cast<std::uint64_t>(integer()); }
  bool flag() { return integer() != 0; }
  std::string text();
  Timestamp time() { return Timestamp(std::chrono::milliseconds(integer())); }
  std::optional<std::int64_t> optional_integer();
  std::optional<std::uint64_t> optional_count();
  std::optional<Timestamp> optional_time();
  UserId user_id();
  ImageId image_id();

 private:
  void bind_integer(std::int64_t value);
  void bind_null();
  void bind_next(std::string_view value);
  void bind_next(const char* value) { bind_next(std::string_view(value)); }
  void bind_next(const std::string& value) { bind_next(std::string_view(value)); }
  void bind_next(Timestamp value) { bind_integer(value.time_since_epoch().count()); }
  void bind_next(const UserId& value) { bind_next(value.str()); }
  void bind_next(const ImageId& value) { bind_next(value.str()); }
  void bind_next(const Value& value) {
    std::visit([this](const auto& held) { bind_next(held); }, value);
  }
  template <std::integral Int>
  void bind_next(Int value) {
    bind_integer(static_cast<std::int64_t>(value));
  }
  template <class T>
  void bind_next(const std::optional<T>& value) {
    value ? bind_next(*value) : bind_null();
  }

  sqlite3_stmt* statement() { return loan_.mapped().get(); }
  void require_bound(int code);

  Connection& connection_;
  Connection::Cache::node_type loan_;
  int parameter_ = 0;
  int column_ = 0;
};

// How a text that may be missing is stored.
inline std::optional<std::string_view> null_if_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace lightfast::db::sqlite
