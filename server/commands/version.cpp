#include <iostream>

#include "server/commands/command.h"

namespace lightfast::commands {

void add_version(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("version", "Print the version");
  command->callback([&outcome] {
    std::cout << "lightfast " << LIGHTFAST_VERSION << "\n";
    outcome.exit_code = exit_done;
  });
}

}  // namespace lightfast::commands
