// The n-th system call below the data folder fails, once or from then on, or the server is killed there: for every
// scenario, fault and n, in an order that the seed gives. After each case the fault is gone and the server must be well
// by itself; then it is restarted, and everything that was promised must be so.
#include <optional>
#include <sstream>
#include <thread>

#include "tests/support/temporary_folder.h"
#include "tests/torture/fault_injector.h"
#include "tests/torture/fault_scenarios.h"
#include "tests/torture/parts.h"

namespace lightfast::torture {
namespace {

constexpr std::size_t standing_images = 6;
constexpr std::uint64_t fresh_data_every = 250;      // cases, so that each takes as long as the one before
constexpr std::uint64_t calls_beyond_the_count = 1;  // a scenario takes a call more or less each time
constexpr std::chrono::seconds patience_with_recovery{10};

struct PlannedCase {
  const Scenario* scenario = nullptr;
  FaultCase fault;
};

bool lasts_too_long(const Scenario& scenario, Fault fault) {
  return kills(fault) || (fault == FAULT_EMFILE && scenario.waits_for_descriptors);
}

// One data folder with a server on it, and the images that stand in it all the time.
struct Stage {
  explicit Stage(const FaultInjector& injector) {
    server.environment() = injector.preloaded(server.data(), subject_environment(server.environment()));
  }

  test::ServerProcess server;
  test::Environment of_scenario;
  Ledger ledger;
  Ledger standing;
};

class FaultTorture {
 public:
  explicit FaultTorture(const Options& options)
      : options_(options), report_(options), random_(options.seed), injector_(folder_.path() / "control") {}

  int run() {
    begin_anew();
    std::vector<PlannedCase> plan = options_.only.empty() ? make_plan() : only_case();
    while (done_ < options_.count && played_ < 3 * options_.count + plan.size()) {
      std::ranges::shuffle(plan, random_);
      for (const PlannedCase& planned : plan) {
        if (done_ == options_.count) break;
        play_guarded(planned);
        report_.progress(done_);
      }
    }
    if (done_ < options_.count) report_.violation("hardly any call could be hit: nothing was proven");
    stage_->ledger.verify(stage_->server.port(), report_, "at the end");
    return report_.finish();
  }

 private:
  void begin_anew() {
    stage_.emplace(injector_);
    stage_->server.start();
    SubjectClient client(stage_->server.port());
    for (std::size_t i = 0; i < standing_images; ++i) {
      const std::string bytes = TestImage{next_number_++, 24}.bytes();
      const Answer answer = client.upload("standing", bytes);
      if (answer.status != 201) throw std::runtime_error("an upload was refused:\n" + stage_->server.log());
      stage_->standing.add(path_of(answer), bytes);
    }
  }

  // Plays each scenario once without a fault, to learn how many calls each fault can befall.
  std::vector<PlannedCase> make_plan() {
    std::vector<PlannedCase> plan;
    for (const Scenario& scenario : scenarios()) {
      set_up(scenario);
      Scene scene = new_scene();
      scenario.prepare(scene);
      injector_.arm({});
      scenario.act(scene);
      injector_.disarm();
      for (std::uint32_t number = FAULT_EIO; number < FAULT_COUNT; ++number) {
        const auto fault = static_cast<Fault>(number);
        const std::uint64_t calls = injector_.calls_that_can_suffer(fault);
        for (std::uint64_t nth = 1; calls > 0 && nth <= calls + calls_beyond_the_count; ++nth) {
          plan.push_back({&scenario, {fault, nth, FaultRepeat::once}});
          if (lasts_too_long(scenario, fault)) continue;
          plan.push_back({&scenario, {fault, nth, FaultRepeat::from_then_on}});
        }
      }
    }
    report_.add("planned", plan.size());
    return plan;
  }

  // "upload EIO 7 once": one case as it was told of.
  std::vector<PlannedCase> only_case() const {
    std::istringstream words(options_.only);
    std::string scenario, fault, repeat;
    PlannedCase planned;
    words >> scenario >> fault >> planned.fault.nth >> repeat;
    for (const Scenario& known : scenarios()) {
      if (known.name == scenario) planned.scenario = &known;
    }
    planned.fault.fault = fault_named(fault);
    planned.fault.repeat = repeat == "once" ? FaultRepeat::once : FaultRepeat::from_then_on;
    if (!planned.scenario || planned.fault.fault == FAULT_NONE || planned.fault.nth == 0) {
      throw std::runtime_error("no such case: " + options_.only);
    }
    return {planned};
  }

  Scene new_scene() { return Scene(stage_->server, "user" + std::to_string(next_user_++), next_number_, random_); }

  void set_up(const Scenario& scenario) {
    if (stage_->of_scenario == scenario.environment) return;
    test::Environment& environment = stage_->server.environment();
    for (const auto& [name, value] : stage_->of_scenario) environment.erase(name);
    for (const auto& [name, value] : scenario.environment) environment[name] = value;
    stage_->of_scenario = scenario.environment;
    stage_->server.kill();
    stage_->server.start();
  }

  void play_guarded(const PlannedCase& planned) {
    const std::string name = std::string(planned.scenario->name) + " " + describe(planned.fault);
    try {
      if (++played_ % fresh_data_every == 0) {
        stage_->ledger.verify(stage_->server.port(), report_, "after " + std::to_string(played_) + " cases");
        begin_anew();
      }
      play(planned, name);
    } catch (const std::runtime_error& error) {
      injector_.disarm();
      report_.violation(name + " (" + injector_.first_struck() + "): " + error.what());
      begin_anew();
    }
  }

  void play(const PlannedCase& planned, const std::string& name) {
    set_up(*planned.scenario);
    Scene scene = new_scene();
    planned.scenario->prepare(scene);
    FaultCase fault = planned.fault;
    fault.hidden = options_.without == "errors";
    injector_.arm(fault);
    planned.scenario->act(scene);
    injector_.disarm();
    if (injector_.struck() == 0) return report_.add("not_reached");

    ++done_;
    report_.add(name_of(fault.fault));
    report_.add("acknowledged", scene.acknowledged());
    const std::string when = name + " (" + injector_.first_struck() + ")";
    scene.tell(report_, when);
    check_failed_sync(planned, scene, when);
    check_recovery(planned, scene, when);
    restart();
    scene.verify(report_, when + ", restarted");
    stage_->standing.verify(stage_->server.port(), report_, when + ", restarted, standing");
    stage_->ledger.add(scene.promised());
  }

  // After a failed fsync nobody knows what is on the disk: the image must not be acknowledged.
  void check_failed_sync(const PlannedCase& planned, const Scene& scene, const std::string& when) {
    const std::string call = injector_.first_struck();
    const bool of_image = call.find("/temporary/") != std::string::npos || call.find("/images") != std::string::npos;
    if (planned.scenario->syncs != Scenario::Syncs::one_image || !of_image || !call.starts_with("fsync ") ||
        kills(planned.fault.fault)) {
      return;
    }
    report_.add("failed_syncs_of_images");
    if (scene.acknowledged_after_preparation()) report_.violation(when + ": acknowledged in spite of a failed fsync");
  }

  // The fault is gone: without a restart everything works, or the server was killed by the fault itself.
  void check_recovery(const PlannedCase& planned, Scene& scene, const std::string& when) {
    SubjectClient client(stage_->server.port());
    if (client.get("/healthz").status != 200) {
      const bool may_be_down = kills(planned.fault.fault) || planned.scenario->name == "restart";
      if (!may_be_down) report_.violation(when + ": the server died of it");
      return;
    }
    stage_->standing.verify(stage_->server.port(), report_, when + ", fault gone, standing");
    scene.verify_promises(client, report_, when + ", fault gone");
    const auto deadline = std::chrono::steady_clock::now() + patience_with_recovery;
    const std::string bytes = TestImage{next_number_++, 8}.bytes();
    Answer answer = client.upload("recovered", bytes);
    while (answer.status != 201 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      answer = client.upload("recovered", bytes);
      report_.add("uploads_until_recovered");
      if (answer.status == 200) break;  // it was stored after all, when nobody could say so
    }
    if (answer.status == 201 || answer.status == 200) return stage_->ledger.add(path_of(answer), bytes);
    report_.violation(when + ", fault gone: uploads are still answered " + std::to_string(answer.status) + " " +
                      answer.body);
  }

  void restart() {
    if (random_() % 4 == 0) {
      stage_->server.stop();
    } else {
      stage_->server.kill();
    }
    report_.keep_largest("slowest_restart_ms", static_cast<std::uint64_t>(timed_start(stage_->server).count()));
  }

  const Options options_;
  Report report_;
  std::mt19937_64 random_;
  test::TemporaryFolder folder_;
  FaultInjector injector_;
  std::optional<Stage> stage_;
  std::atomic<std::uint32_t> next_number_ = 0;
  std::uint64_t next_user_ = 0;
  std::uint64_t played_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace

int torture_by_faults(const Options& options) {
  return FaultTorture(options).run();
}

}  // namespace lightfast::torture
