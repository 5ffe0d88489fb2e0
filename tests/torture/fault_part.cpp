// The n-th system call below the data folder fails, once or from then on, or the server is killed there: for every
// scenario, fault and n.
#include <thread>

#include "tests/torture/fault_lane.h"
#include "tests/torture/parts.h"

namespace lightfast::torture {
namespace {

constexpr std::uint64_t lanes = 4;

std::vector<PlannedCase> cases_of(const Options& options, Report& report) {
  if (!options.only.empty()) return {case_described_by(options.only)};
  std::vector<PlannedCase> cases = FaultLane(options, report, lanes).learn();
  report.add("planned", cases.size());
  return cases;
}

}  // namespace

int torture_by_faults(const Options& options) {
  Report report(options);
  FaultPlan plan(cases_of(options, report), options);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t number = 0; number < lanes; ++number) {
      threads.emplace_back([&, number] { FaultLane(options, report, number).play(plan); });
    }
  }
  if (!plan.is_done()) report.violation("hardly any call could be hit: nothing was proven");
  return report.finish();
}

}  // namespace lightfast::torture
