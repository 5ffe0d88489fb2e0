#include "base/exclusive_rename.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace lightfast {
namespace {

Error failed(std::string_view call, const std::filesystem::path& path) {
  return system_error(errno, std::string(call) + " " + path.string());
}

}  // namespace

Result<void> rename_exclusively(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EINVAL || errno == ENOSYS) return rename_by_linking(from, to);
  return failed("rename to", to);
}

Result<void> rename_by_linking(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::link(from.c_str(), to.c_str()) != 0) return failed("link", to);
  if (::unlink(from.c_str()) != 0) {
    const Error error = failed("unlink", from);
    ::unlink(to.c_str());
    return error;
  }
  return {};
}

}  // namespace lightfast
