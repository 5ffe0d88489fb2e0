#include "base/alerts.h"

#include <stdexcept>

namespace lightfast {

namespace {
constexpr std::chrono::minutes pause_between_alerts{10};
}

std::string_view to_string(AlertKind kind) {
  switch (kind) {
    case AlertKind::disk_low: return "disk_low";
    case AlertKind::disk_unwritable: return "disk_unwritable";
    case AlertKind::image_missed: return "image_missed";
    case AlertKind::file_quarantined: return "file_quarantined";
  }
  throw std::logic_error("an alert of no known kind");
}

void Alerts::raise(AlertKind kind, std::string detail) {
  const std::lock_guard lock(mutex_);
  auto& waiting = kinds_[kind].waiting;
  if (!waiting) {
    waiting = Alert{kind, std::move(detail), clock_.now()};
    return;
  }
  waiting->detail = std::move(detail);  // the latest
  ++waiting->times;
}

std::vector<Alert> Alerts::take() {
  const std::lock_guard lock(mutex_);
  std::vector<Alert> due;
  const SteadyTime now = clock_.steady_now();
  for (auto& [kind, state] : kinds_) {
    if (!state.waiting || now < state.next) continue;
    due.push_back(std::move(*state.waiting));
    state.waiting.reset();
    state.next = now + pause_between_alerts;
  }
  return due;
}

}  // namespace lightfast
