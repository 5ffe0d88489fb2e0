// One of the servers on which faults are played side by side, most of the time waiting. After each case the fault is
// gone and the server must be well by itself; then it is restarted, and everything that was promised must be so. One
// thread, which all that it starts dies with.
#pragma once

#include <optional>
#include <random>

#include "tests/support/temporary_folder.h"
#include "tests/torture/fault_plan.h"

namespace lightfast::torture {

class FaultLane {
 public:
  FaultLane(const Options& options, Report& report, std::uint64_t number);

  // Plays each scenario once without a fault, to learn how many calls each fault can befall.
  std::vector<PlannedCase> learn();
  // Until there is nothing more to play.
  void play(FaultPlan& plan);

 private:
  // One data folder with a server on it, and the images that stand in it all the time.
  struct Stage {
    Stage(const FaultInjector& injector, const test::Environment& of_scenario);
    test::ServerProcess server;
    test::Environment of_scenario;
    Ledger ledger;
    Ledger standing;
    std::uint64_t cases = 0;
  };
  void set_up(const Scenario& scenario);
  void begin_anew(const Scenario& scenario);
  void leave_stage();
  Scene new_scene();
  bool play(const PlannedCase& planned);  // false: it came to its end before the n-th call
  void check_failed_sync(const PlannedCase& planned, const Scene& scene, const std::string& when);
  void check_recovery(const PlannedCase& planned, Scene& scene, const std::string& when);
  void restart();

  const Options& options_;
  Report& report_;
  std::mt19937_64 random_;
  test::TemporaryFolder folder_;
  FaultInjector injector_;
  std::optional<Stage> stage_;
  std::atomic<std::uint32_t> next_number_ = 0;
  std::uint64_t next_user_ = 0;
};

}  // namespace lightfast::torture
