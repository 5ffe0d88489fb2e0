#include <algorithm>
#include <boost/json.hpp>
#include <iomanip>
#include <iostream>

#include "server/app.h"
#include "server/commands/command.h"
#include "server/commands/doctor_checks.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

void print(const Check& check) {
  std::cout << std::left << std::setw(9) << to_string(check.verdict) << std::setw(20) << check.name << check.found;
  if (!check.advice.empty()) std::cout << " -> " << check.advice;
  std::cout << std::endl;
}

json::object as_json(const Checks& checks, bool all_well) {
  json::array list;
  for (const auto& check : checks) {
    list.push_back(json::object{{"name", check.name},
                                {"status", to_string(check.verdict)},
                                {"found", check.found},
                                {"advice", check.advice.empty() ? json::value(nullptr) : json::value(check.advice)}});
  }
  return {{"ok", all_well}, {"checks", std::move(list)}};
}

Checks run_checks(const Config& config) {
  const SystemClock clock;
  const storage::DataLayout layout = App::layout_of(config);
  Checks checks;
  check_places(config, layout, checks);
  const KnownFacts facts = check_database(config, clock, checks);
  check_clock(clock, facts, checks);
  check_keys(config, layout, facts, checks);
  check_public_url(config, clock, facts, checks);
  check_proxies(config, checks);
  check_providers(config, clock, checks);
  return checks;
}

int run(bool wants_json) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  const Checks checks = run_checks(loaded->config);
  const bool all_well =
      std::none_of(checks.begin(), checks.end(), [](const Check& check) { return check.verdict == Verdict::failed; });
  if (wants_json) {
    std::cout << json::serialize(as_json(checks, all_well)) << "\n";
  } else {
    std::for_each(checks.begin(), checks.end(), print);
  }
  return all_well ? exit_done : exit_failed;
}

}  // namespace

void add_doctor(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("doctor", "Check the deployment before the first user comes");
  const auto wants_json = std::make_shared<bool>(false);
  command->add_flag("--json", *wants_json, "as one JSON object");
  command->callback([wants_json, &outcome] { outcome.exit_code = run(*wants_json); });
}

}  // namespace lightfast::commands
