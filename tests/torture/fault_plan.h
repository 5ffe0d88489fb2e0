// Which faults are played: every scenario, fault and n, in an order that the seed alone gives, so that runs can go on
// where another ended; until as many calls were hit as are wanted. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/torture/fault_injector.h"
#include "tests/torture/fault_scenarios.h"
#include "tests/torture/report.h"

namespace lightfast::torture {

struct PlannedCase {
  const Scenario* scenario = nullptr;
  FaultCase fault;
};
std::string describe(const PlannedCase& planned);        // "upload EIO 7 once"
PlannedCase case_described_by(const std::string& text);  // throws where there is none

class FaultPlan {
 public:
  FaultPlan(std::vector<PlannedCase> cases, const Options& options);

  // The next case to be played; nullopt when enough were hit, or hardly any can be. Of each, tell what became of it.
  std::optional<PlannedCase> next();
  void note_hit(Report& report);
  void note_not_reached(Report& report);

  bool is_done() const { return hit_ == wanted_; }

 private:
  const std::uint64_t wanted_;
  std::mutex mutex_;
  std::vector<PlannedCase> cases_;
  std::size_t position_;
  std::uint64_t most_played_;
  std::uint64_t played_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t hit_ = 0;
};

}  // namespace lightfast::torture
