// Tells which of the files that lie in memory were touched, by inotify: while none is, asking costs one system call for
// however many requests. What changes unseen (through a mapping, or from another machine) is found by the scrub; what
// is sent meanwhile are the bytes that were proven. One thread.
#pragma once

#include <vector>

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

  // Told all at once, each file once, however much was done to it: whoever looks for them looks through everything.
  struct Touched {
    std::vector<Mark> marks;  // sorted
    bool may_be_any = false;  // some were missed

    bool is_nothing() const { return marks.empty() && !may_be_any; }
    bool holds(Mark mark) const;
  };
  // The files that were changed, renamed or removed since the last time, or are not watched any more.
  Touched take();

 private:
  UniqueFd inotify_;
};

}  // namespace lightfast::fast
