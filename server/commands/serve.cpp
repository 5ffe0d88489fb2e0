#include <iostream>

#include "server/commands/command.h"
#include "server/service.h"

namespace lightfast::commands {
namespace {

int print_config(const LoadedConfig& loaded) {
  for (const auto& [name, value] : loaded.effective) std::cout << name << "=" << value << "\n";
  return exit_done;
}

int run(bool only_print) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  if (only_print) return print_config(*loaded);
  Logger log(loaded->config.log_level, loaded->config.log_format);
  auto served = serve_until_signal(loaded->config, log);
  if (!served) return fail(served.error());
  return exit_done;
}

}  // namespace

void add_serve(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("serve", "Run the server (the default)");
  const auto only_print = std::make_shared<bool>(false);
  command->add_flag("--print-config", *only_print, "print the effective configuration, secrets masked, and exit");
  command->callback([only_print, &outcome] { outcome.exit_code = run(*only_print); });
}

}  // namespace lightfast::commands
