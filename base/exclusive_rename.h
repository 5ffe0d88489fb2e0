// Renaming without ever overwriting. Blocking; any thread.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace lightfast {

// Errc::conflict where `to` exists, be it a dangling symlink; nothing has changed after an error.
Result<void> rename_exclusively(const std::filesystem::path& from, const std::filesystem::path& to);

// The same for a file, by link(2) and unlink(2): where the file system knows no RENAME_NOREPLACE.
Result<void> rename_by_linking(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace lightfast
