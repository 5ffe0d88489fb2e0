// Damages the database of a running server: a page of it is overwritten. One thread.
#pragma once

#include <filesystem>
#include <string>

#include "tests/e2e/running_server.h"

namespace lightfast::test {

// The first page of a table or an index.
void overwrite_page_of(const std::filesystem::path& database, const std::string& object);

// Ends the server, has its database damaged, and starts it again.
void damage(RunningServer& server, const std::string& object);

}  // namespace lightfast::test
