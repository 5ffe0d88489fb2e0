// One check of the store under way: what was asked for, what it has seen, and who is told of it. Shared by the parts of
// a check; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>

#include "base/error.h"
#include "db/records.h"
#include "server/lifecycle/check_note.h"
#include "server/lifecycle/progress.h"

namespace lightfast::lifecycle {

struct CheckOptions {
  bool repair = false;
  bool verify_hashes = false;              // of every file, not only of those that changed since they were last read
  std::optional<db::Visibility> adopt_as;  // absent: public, unless any private image is known
};

struct CheckReport {
  std::uint64_t images = 0;  // rows, the trash included
  std::uint64_t files = 0;
  std::uint64_t hashed = 0;  // files that were read to their end
  std::map<Problem, std::uint64_t> found;
  std::map<Remedy, std::uint64_t> repaired;
  std::uint64_t left = 0;            // problems that are there still
  std::uint64_t lost_and_found = 0;  // files that lie there, at the end
  std::uint64_t quarantine = 0;
  bool complete = true;  // false: it was stopped
};

// Both are told at once, in order; an error ends the check.
struct CheckListener {
  std::function<Result<void>(const Finding&)> found;
  std::function<Result<void>(const Repair&)> repaired;
};

struct CheckRun {
  const CheckOptions& options;
  const CheckListener& listener;
  Progress& progress;
  const std::stop_token& stop;
  CheckReport report = {};
  std::uint64_t failures = 0;  // what could not be mended for reasons that may pass

  Result<void> found(Problem problem, std::string path, std::string detail = "") {
    report.found[problem] += 1;
    return listener.found({problem, std::move(path), std::move(detail)});
  }
  Result<void> repaired(const Repair& repair) {
    report.repaired[repair.remedy] += 1;
    return listener.repaired(repair);
  }
};

}  // namespace lightfast::lifecycle
