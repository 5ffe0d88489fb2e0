#include "server/guard/generated_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/unique_fd.h"
#include "server/guard/key_ring.h"

namespace lightfast::guard {
namespace {

// Written beside its place and renamed: a crash leaves a whole key or none.
Result<void> write_durably(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path temporary = path.string() + ".new";
  UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return system_error(errno, "making " + temporary.string());
  const bool written = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(file.get()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int problem = errno;
    ::unlink(temporary.c_str());
    return system_error(problem, "writing " + path.string());
  }
  UniqueFd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return system_error(errno, "writing " + path.string());
  return {};
}

}  // namespace

Result<GeneratedKey> generated_key(const std::filesystem::path& path) {
  if (std::ifstream file(path); file) {
    std::string key;
    std::getline(file, key);
    if (key.size() < 8) return Error{Errc::not_configured, path.string() + " holds no key: delete it, or set API_KEYS"};
    return GeneratedKey{std::move(key), false};
  }
  std::string key = make_api_key();
  if (auto written = write_durably(path, key + "\n"); !written) return written.error();
  return GeneratedKey{std::move(key), true};
}

}  // namespace lightfast::guard
