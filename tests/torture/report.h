// What one part of the torture found: figures in the order they were first named, violations counted and the first of
// them printed, a bar while it runs on a terminal, one line of figures at the end. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lightfast::torture {

struct Options {
  std::string part;
  std::uint64_t count = 30;
  std::uint64_t seed = 1;
  std::string file_system = "ext4";  // of the power cuts
  std::uint64_t skip = 0;            // of the faults: so many cases of the order that the seed gives
  std::string only;                  // of the faults: one case, as violations name it, e.g. "upload EIO 7 once"
  std::string without;               // the guarantee that is taken away: then violations are what is expected
};

inline constexpr int exit_skipped = 77;

class Report {
 public:
  explicit Report(const Options& options);

  void progress(std::uint64_t done);
  void add(std::string_view figure, std::uint64_t amount = 1);
  void keep_largest(std::string_view figure, std::uint64_t amount);
  void violation(const std::string& what);

  // Prints the line of figures. The exit code: 0 where no violation was found; where a guarantee had been taken away,
  // 0 where its lack was noticed.
  int finish();

 private:
  std::uint64_t& figure(std::string_view name);
  void clear_bar();

  const Options options_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mutex mutex_;  // guards what follows
  std::vector<std::pair<std::string, std::uint64_t>> figures_;
  std::uint64_t violations_ = 0;
  bool bar_is_shown_ = false;
};

}  // namespace lightfast::torture
