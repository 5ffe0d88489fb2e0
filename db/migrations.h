// The numbered schema steps of db/migrations, compiled into the binary. Pure data: any thread.
#pragma once

#include <span>
#include <string_view>

namespace lightfast::db {

struct Migration {
  int version = 0;  // 1, 2, 3, … without gaps
  std::string_view name;
  std::string_view sql;
};

std::span<const Migration> embedded_migrations();  // in order

}  // namespace lightfast::db
