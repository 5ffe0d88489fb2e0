// Opening a file by a name that is not trusted, without ever leaving a folder. Blocking; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lightfast {

// True for plain names between single slashes: no `.` or `..`, not absolute, not empty, no NUL.
bool is_normal_relative(std::string_view path);

// Opens the regular file `relative` below the open directory `root` for reading. Errc::not_found for a symlink on the
// way, a name that is not normal, or anything but a regular file; a FIFO does not block it.
Result<UniqueFd> open_regular_beneath(int root, const std::string& relative);

// The same, component by component: for kernels and sandboxes without openat2(2).
Result<UniqueFd> open_regular_by_walking(int root, const std::string& relative);

}  // namespace lightfast
