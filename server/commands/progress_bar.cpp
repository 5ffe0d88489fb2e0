#include "server/commands/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>

namespace lightfast::commands {
namespace {
constexpr std::size_t width = 30;
constexpr const char* clear_line = "\r\033[K";
}  // namespace

ProgressBar::ProgressBar() : is_terminal_(::isatty(STDERR_FILENO) == 1), started_(std::chrono::steady_clock::now()) {}

void ProgressBar::clear() {
  if (std::exchange(is_shown_, false)) std::cerr << clear_line << std::flush;
}

void ProgressBar::show(std::string_view step, std::uint64_t done, std::uint64_t total) {
  if (!is_terminal_ || std::chrono::steady_clock::now() - started_ < std::chrono::seconds(1)) return;
  is_shown_ = true;
  std::cerr << clear_line << step << " ";
  if (total > 0) {
    const std::size_t filled = std::min(width, static_cast<std::size_t>(static_cast<double>(done) / total * width));
    std::cerr << "[" << std::string(filled, '#') << std::string(width - filled, '.') << "] " << done * 100 / total
              << " %  " << done << " of " << total;
  } else if (done > 0) {
    std::cerr << done;
  }
  std::cerr << std::flush;
}

admin::Listener ProgressBar::listener() {
  admin::Listener listener;
  listener.progress = [this](std::string_view step, std::uint64_t done, std::uint64_t total) {
    show(step, done, total);
  };
  return listener;
}

}  // namespace lightfast::commands
