#include <boost/json.hpp>
#include <cmath>
#include <iostream>

#include "server/commands/admin_call.h"
#include "server/commands/command.h"
#include "server/commands/stats_table.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

struct StatsArguments {
  std::optional<double> price_per_gb;
  bool as_json = false;
};

int run(const StatsArguments& options) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  json::object arguments;
  if (options.price_per_gb && !std::isfinite(*options.price_per_gb)) {
    return fail({Errc::invalid_request, "--price-per-gb: not a price"});
  }
  if (options.price_per_gb) arguments["price_per_gb"] = *options.price_per_gb;
  auto answer = run_admin_command(loaded->config, "stats", arguments);
  if (!answer) return fail(answer.error());
  if (options.as_json)
    std::cout << json::serialize(*answer) << "\n";
  else
    print_stats(std::cout, answer->as_object());
  return exit_done;
}

}  // namespace

void add_stats(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("stats", "Show what is stored, what comes and goes, and where that leads");
  command->footer(
      "Per day: the last 30. The forecast draws the line of those days on: added less removed, until new images are\n"
      "refused or IMAGE_STORAGE_MAX_BYTES is reached. A GB is 1,000,000,000 bytes of images, the trash included.");
  const auto options = std::make_shared<StatsArguments>();
  command->add_flag("--json", options->as_json, "as one JSON object");
  command->add_option("--price-per-gb", options->price_per_gb, "also say what it costs: the price of a GB and month")
      ->type_name("PRICE")
      ->check(CLI::NonNegativeNumber);
  command->callback([options, &outcome] { outcome.exit_code = run(*options); });
}

}  // namespace lightfast::commands
