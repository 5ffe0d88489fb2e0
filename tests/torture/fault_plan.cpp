#include "tests/torture/fault_plan.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "base/digest.h"

namespace lightfast::torture {
namespace {

// A case's place does not depend on which others there are: their number changes by a few from run to run.
std::string place_of(const PlannedCase& planned, std::uint64_t seed) {
  return sha256(std::to_string(seed) + " " + describe(planned)).hex();
}

std::vector<PlannedCase> in_order(std::vector<PlannedCase> cases, std::uint64_t seed) {
  std::vector<std::pair<std::string, PlannedCase>> places;
  for (const PlannedCase& planned : cases) places.emplace_back(place_of(planned, seed), planned);
  std::ranges::sort(places, {}, &std::pair<std::string, PlannedCase>::first);
  std::ranges::transform(places, cases.begin(), &std::pair<std::string, PlannedCase>::second);
  return cases;
}

}  // namespace

std::string describe(const PlannedCase& planned) {
  return std::string(planned.scenario->name) + " " + describe(planned.fault);
}

PlannedCase case_described_by(const std::string& text) {
  std::istringstream words(text);
  std::string scenario, fault, repeat;
  PlannedCase planned;
  words >> scenario >> fault >> planned.fault.nth >> repeat;
  for (const Scenario& known : scenarios()) {
    if (known.name == scenario) planned.scenario = &known;
  }
  planned.fault.fault = fault_named(fault);
  planned.fault.repeat = repeat == "once" ? FaultRepeat::once : FaultRepeat::from_then_on;
  if (!planned.scenario || planned.fault.fault == FAULT_NONE || planned.fault.nth == 0) {
    throw std::runtime_error("no such case: " + text);
  }
  return planned;
}

FaultPlan::FaultPlan(std::vector<PlannedCase> cases, const Options& options)
    : wanted_(options.count),
      cases_(in_order(std::move(cases), options.seed)),
      position_(options.skip % std::max<std::size_t>(cases_.size(), 1)),
      most_played_(3 * wanted_ + cases_.size()) {}

std::optional<PlannedCase> FaultPlan::next() {
  const std::lock_guard lock(mutex_);
  if (cases_.empty() || hit_ + under_way_ == wanted_ || played_ == most_played_) return std::nullopt;
  const PlannedCase& planned = cases_[position_];
  position_ = (position_ + 1) % cases_.size();
  ++played_;
  ++under_way_;
  return planned;
}

void FaultPlan::note_hit(Report& report) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  report.progress(++hit_);
}

void FaultPlan::note_not_reached(Report& report) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  report.add("not_reached");
}

}  // namespace lightfast::torture
