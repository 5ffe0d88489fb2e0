#include <boost/json.hpp>
#include <iomanip>
#include <iostream>

#include "server/commands/admin_call.h"
#include "server/commands/command.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

void print_table(const json::object& stats) {
  for (const auto& [label, name] : {std::pair{"images", "images"},
                                    {"bytes", "bytes"},
                                    {"in the trash", "trash_images"},
                                    {"bytes in the trash", "trash_bytes"},
                                    {"bytes served", "served_bytes"}}) {
    std::cout << std::left << std::setw(20) << label << std::right << std::setw(16) << json::serialize(stats.at(name))
              << "\n";
  }
  const auto& users = stats.at("largest_users").as_array();
  if (!users.empty()) std::cout << "\nLARGEST USERS           IMAGES           BYTES\n";
  for (const auto& user : users) {
    std::cout << std::left << std::setw(20) << user.at("user_id").as_string().c_str() << std::right << std::setw(10)
              << json::serialize(user.at("images")) << std::setw(16) << json::serialize(user.at("bytes")) << "\n";
  }
}

int run(bool as_json) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  auto answer = run_admin_command(loaded->config, "stats", {});
  if (!answer) return fail(answer.error());
  if (as_json)
    std::cout << json::serialize(*answer) << "\n";
  else
    print_table(answer->as_object());
  return exit_done;
}

}  // namespace

void add_stats(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("stats", "Show what is stored, and whose");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "as one JSON object");
  command->callback([as_json, &outcome] { outcome.exit_code = run(*as_json); });
}

}  // namespace lightfast::commands
