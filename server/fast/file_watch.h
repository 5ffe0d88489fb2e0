// Tells which of the files that lie in memory were touched, by inotify: while none is, asking costs one system call for
// however many requests. What changes unseen (through a mapping, or from another machine) is found by the scrub; what
// is sent meanwhile are the bytes that were proven. One thread.
#pragma once

#include <functional>

#include "base/unique_fd.h"

namespace lightfast::fast {

class FileWatch {
 public:
  using Mark = int;
  static constexpr Mark none = -1;

  FileWatch();

  // From now on; `none` where it cannot be watched (limits of the kernel). One file has one mark, however often asked.
  Mark watch(int file);
  void forget(Mark mark);

  // Calls `touched` for every file that was changed, renamed or removed since the last time, or is not watched any
  // more; with `none` where some were missed: then it may be any.
  void take(const std::function<void(Mark)>& touched);

 private:
  UniqueFd inotify_;
};

}  // namespace lightfast::fast
