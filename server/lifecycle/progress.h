// How far a long piece of work has come, for whoever watches: written by the one that works, read at any time by
// others. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace lightfast::lifecycle {

struct Progress {
  std::atomic<const char*> step{""};  // "comparing", a literal
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> total{0};  // 0: not known

  void begin(const char* name, std::uint64_t how_much) {
    step = name;
    done = 0;
    total = how_much;
  }
};

}  // namespace lightfast::lifecycle
