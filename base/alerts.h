// What an operator must hear of at once, on its way to whoever sends it: raised anywhere, taken in one place. Bounded:
// of a kind that was raised moments ago nothing more is kept than how often. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace lightfast {

enum class AlertKind {
  disk_low,          // new images are, or will soon be, refused
  disk_unwritable,   // it can only be read, or not even that: images are refused, and nothing can be removed
  image_missed,      // a fading image could not be fetched
  file_quarantined,  // a stored file was not what it should be
};
std::string_view to_string(AlertKind kind);  // the enumerator's name

struct Alert {
  AlertKind kind;
  std::string detail;       // one sentence, for a person
  Timestamp raised_at{};    // the first time
  std::uint64_t times = 1;  // raised since the last one of its kind was taken
};

class Alerts {
 public:
  explicit Alerts(const Clock& clock) : clock_(clock) {}

  // The first of its kind can be taken at once; later ones are gathered for ten minutes into one that says how many.
  void raise(AlertKind kind, std::string detail);

  std::vector<Alert> take();  // what is due

 private:
  struct Kind {
    std::optional<Alert> waiting;
    SteadyTime next{};  // not taken before
  };

  const Clock& clock_;
  std::mutex mutex_;
  std::map<AlertKind, Kind> kinds_;
};

}  // namespace lightfast
