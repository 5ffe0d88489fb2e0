// Proving and copying a database file beside its writer. Any thread; each call on the connection it is given, or on
// connections of its own.
#pragma once

#include <filesystem>
#include <stop_token>

#include "db/database.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

// Errc::damaged, naming the first things found, when SQLite's quick_check finds any.
// Errc::internal when asked to stop.
Result<void> quick_check(Connection& connection, const std::stop_token& stop = {});

// See Database::backup_to.
Result<void> back_up(const std::filesystem::path& from, const std::filesystem::path& to,
                     const Database::OnProgress& progress);

}  // namespace lightfast::db::sqlite
