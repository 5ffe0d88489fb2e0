#include "server/fast/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace lightfast::fast {
namespace {

// Whatever moves a file's change time.
constexpr std::uint32_t kChanges = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;

}  // namespace

FileWatch::FileWatch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FileWatch::Mark FileWatch::watch(int file) {
  if (!inotify_) return none;
  const auto path = "/proc/self/fd/" + std::to_string(file);
  return ::inotify_add_watch(inotify_.get(), path.c_str(), kChanges);
}

void FileWatch::forget(Mark mark) {
  if (mark != none) ::inotify_rm_watch(inotify_.get(), mark);
}

bool FileWatch::Touched::holds(Mark mark) const {
  return may_be_any || std::binary_search(marks.begin(), marks.end(), mark);
}

FileWatch::Touched FileWatch::take() {
  Touched touched;
  if (!inotify_) return touched;
  std::array<char, 4096> events;
  for (ssize_t count; (count = ::read(inotify_.get(), events.data(), events.size())) > 0;) {
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, events.data() + at, sizeof event);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        touched.may_be_any = true;
      } else {
        touched.marks.push_back(event.wd);
      }
      at += sizeof event + event.len;
    }
  }
  std::sort(touched.marks.begin(), touched.marks.end());
  touched.marks.erase(std::unique(touched.marks.begin(), touched.marks.end()), touched.marks.end());
  return touched;
}

}  // namespace lightfast::fast
