#include "tests/torture/report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lightfast::torture {
namespace {

constexpr std::uint64_t shown_violations = 20;
constexpr std::uint64_t shown_of_a_control = 3;  // they are what is expected
constexpr std::size_t longest_line = 1000;
constexpr std::size_t bar_width = 40;

// Logs are read a line at a time.
std::string in_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  if (text.size() > longest_line) text = text.substr(0, longest_line) + "…";
  return text;
}

}  // namespace

Report::Report(const Options& options) : options_(options) {
  for (const char* name : {"done", "acknowledged", "verified"}) figure(name);
}

std::uint64_t& Report::figure(std::string_view name) {
  const auto found = std::ranges::find(figures_, name, &std::pair<std::string, std::uint64_t>::first);
  if (found != figures_.end()) return found->second;
  return figures_.emplace_back(name, 0).second;
}

void Report::add(std::string_view name, std::uint64_t amount) {
  const std::lock_guard lock(mutex_);
  figure(name) += amount;
}

void Report::keep_largest(std::string_view name, std::uint64_t amount) {
  const std::lock_guard lock(mutex_);
  figure(name) = std::max(figure(name), amount);
}

void Report::progress(std::uint64_t done) {
  const std::lock_guard lock(mutex_);
  figure("done") = done;
  if (!::isatty(STDERR_FILENO)) return;
  const std::size_t filled = bar_width * std::min(done, options_.count) / std::max<std::uint64_t>(options_.count, 1);
  std::fprintf(stderr, "\r%s [%s%s] %llu/%llu, %llu violations ", options_.part.c_str(),
               std::string(filled, '#').c_str(), std::string(bar_width - filled, ' ').c_str(),
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(options_.count),
               static_cast<unsigned long long>(violations_));
  bar_is_shown_ = true;
}

void Report::clear_bar() {
  if (bar_is_shown_) std::fprintf(stderr, "\r\033[K");
  bar_is_shown_ = false;
}

void Report::violation(const std::string& what) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t shown = options_.without.empty() ? shown_violations : shown_of_a_control;
  if (++violations_ > shown) return;
  clear_bar();
  std::printf("%s: %s\n", options_.without.empty() ? "VIOLATION" : "noticed", in_one_line(what).c_str());
  if (violations_ == shown) std::printf("(further ones are only counted)\n");
  std::fflush(stdout);
}

int Report::finish() {
  const std::lock_guard lock(mutex_);
  clear_bar();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin_);
  std::printf("torture part=%s", options_.part.c_str());
  if (options_.part == "power-cut") std::printf(" file-system=%s", options_.file_system.c_str());
  if (!options_.without.empty()) std::printf(" without=%s", options_.without.c_str());
  std::printf(" seed=%llu", static_cast<unsigned long long>(options_.seed));
  if (options_.skip > 0) std::printf(" skip=%llu", static_cast<unsigned long long>(options_.skip));
  for (const auto& [name, amount] : figures_) {
    std::printf(" %s=%llu", name.c_str(), static_cast<unsigned long long>(amount));
  }
  std::printf(" seconds=%lld violations=%llu\n", static_cast<long long>(seconds.count()),
              static_cast<unsigned long long>(violations_));
  std::fflush(stdout);
  if (options_.without.empty()) return violations_ == 0 ? 0 : 1;
  if (violations_ == 0) std::printf("FAILED: without %s nothing was noticed\n", options_.without.c_str());
  return violations_ > 0 ? 0 : 1;
}

}  // namespace lightfast::torture
