// A bar on the terminal for what takes longer than a second; nothing where stderr is no terminal. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "server/admin/admin_socket.h"

namespace lightfast::commands {

class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::string_view step, std::uint64_t done, std::uint64_t total);
  void clear();                // leaves a clean line
  admin::Listener listener();  // shows each step here, as long as the bar lives

 private:
  const bool is_terminal_;
  const std::chrono::steady_clock::time_point started_;
  bool is_shown_ = false;
};

}  // namespace lightfast::commands
