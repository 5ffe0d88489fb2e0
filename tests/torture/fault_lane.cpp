#include "tests/torture/fault_lane.h"

#include <thread>

namespace lightfast::torture {
namespace {

constexpr std::size_t standing_images = 6;
constexpr std::uint64_t most_cases = 250;            // on one data folder, so that each takes as long as the others
constexpr std::uint64_t calls_beyond_the_count = 1;  // a scenario takes a call more or less each time
constexpr std::chrono::seconds patience_with_recovery{10};

bool lasts_too_long(const Scenario& scenario, Fault fault) {
  return kills(fault) || (fault == FAULT_EMFILE && scenario.waits_for_descriptors);
}

}  // namespace

FaultLane::FaultLane(const Options& options, Report& report, std::uint64_t number)
    : options_(options),
      report_(report),
      random_(options.seed * 1000 + number),
      injector_(folder_.path() / "control") {}

FaultLane::Stage::Stage(const FaultInjector& injector, const test::Environment& environment)
    : of_scenario(environment) {
  test::Environment& all = server.environment();
  for (const auto& [name, value] : environment) all[name] = value;
  all = injector.preloaded({server.data(), server.working_folder()}, subject_environment(all));
}

void FaultLane::leave_stage() {
  if (stage_) stage_->ledger.verify(stage_->server.port(), report_, "when all was played");
  stage_.reset();
}

void FaultLane::begin_anew(const Scenario& scenario) {
  leave_stage();
  stage_.emplace(injector_, scenario.environment);
  stage_->server.start();
  SubjectClient client(stage_->server.port());
  for (std::size_t i = 0; i < standing_images; ++i) {
    const std::string bytes = TestImage{next_number_++, 24}.bytes();
    const Answer answer = client.upload("standing", bytes);
    if (answer.status != 201) throw std::runtime_error("an upload was refused:\n" + stage_->server.log());
    stage_->standing.add(path_of(answer), bytes);
  }
}

void FaultLane::set_up(const Scenario& scenario) {
  if (!stage_ || scenario.fresh || ++stage_->cases == most_cases) return begin_anew(scenario);
  if (stage_->of_scenario == scenario.environment) return;
  test::Environment& environment = stage_->server.environment();
  for (const auto& [name, value] : stage_->of_scenario) environment.erase(name);
  for (const auto& [name, value] : scenario.environment) environment[name] = value;
  stage_->of_scenario = scenario.environment;
  stage_->server.kill();
  stage_->server.start();
}

Scene FaultLane::new_scene() {
  return Scene(stage_->server, "user" + std::to_string(next_user_++), next_number_, random_);
}

std::vector<PlannedCase> FaultLane::learn() {
  std::vector<PlannedCase> cases;
  for (const Scenario& scenario : scenarios()) {
    set_up(scenario);
    Scene scene = new_scene();
    scenario.prepare(scene);
    injector_.arm({});
    scenario.act(scene);
    injector_.disarm();
    stage_.reset();
    for (std::uint32_t number = FAULT_EIO; number < FAULT_COUNT; ++number) {
      const auto fault = static_cast<Fault>(number);
      const std::uint64_t calls = injector_.calls_that_can_suffer(fault);
      for (std::uint64_t nth = 1; calls > 0 && nth <= calls + calls_beyond_the_count; ++nth) {
        cases.push_back({&scenario, {fault, nth, FaultRepeat::once}});
        if (lasts_too_long(scenario, fault)) continue;
        cases.push_back({&scenario, {fault, nth, FaultRepeat::from_then_on}});
      }
    }
  }
  return cases;
}

void FaultLane::play(FaultPlan& plan) {
  while (const auto planned = plan.next()) {
    bool was_hit = true;
    try {
      was_hit = play(*planned);
    } catch (const std::runtime_error& error) {
      injector_.disarm();
      report_.violation(describe(*planned) + " (" + injector_.first_struck() + "): " + error.what());
      stage_.reset();
    }
    was_hit ? plan.note_hit(report_) : plan.note_not_reached(report_);
  }
  leave_stage();
}

bool FaultLane::play(const PlannedCase& planned) {
  set_up(*planned.scenario);
  Scene scene = new_scene();
  planned.scenario->prepare(scene);
  FaultCase fault = planned.fault;
  fault.hidden = options_.without == "errors";
  injector_.arm(fault);
  planned.scenario->act(scene);
  injector_.disarm();
  if (injector_.struck() == 0) return false;

  report_.add(name_of(fault.fault));
  report_.add("acknowledged", scene.acknowledged());
  const std::string when = describe(planned) + " (" + injector_.first_struck() + ")";
  scene.tell(report_, when);
  check_failed_sync(planned, scene, when);
  check_recovery(planned, scene, when);
  restart();
  planned.scenario->afterwards(scene, report_, when + ", restarted");
  scene.verify(report_, when + ", restarted");
  stage_->standing.verify(stage_->server.port(), report_, when + ", restarted, standing");
  stage_->ledger.add(scene.promised());
  return true;
}

// After a failed fsync nobody knows what is on the disk: the image must not be acknowledged.
void FaultLane::check_failed_sync(const PlannedCase& planned, const Scene& scene, const std::string& when) {
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
void FaultLane::check_recovery(const PlannedCase& planned, Scene& scene, const std::string& when) {
  SubjectClient client(stage_->server.port());
  if (client.get("/healthz").status != 200) {
    const bool may_be_down = kills(planned.fault.fault) || planned.scenario->may_leave_it_down;
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

void FaultLane::restart() {
  if (random_() % 4 == 0) {
    stage_->server.stop();
  } else {
    stage_->server.kill();
  }
  report_.keep_largest("slowest_restart_ms", static_cast<std::uint64_t>(timed_start(stage_->server).count()));
}

}  // namespace lightfast::torture
