#include "server/commands/command_line.h"

#include <unistd.h>

#include <iostream>

#include "server/commands/command.h"

namespace lightfast::commands {

std::optional<LoadedConfig> load_or_complain() {
  LoadedConfig loaded = load_config(read_environment(".env"), ::isatty(STDERR_FILENO) == 1);
  if (loaded.errors.empty()) return loaded;
  for (const auto& error : loaded.errors) std::cerr << "lightfast: " << error << "\n";
  return std::nullopt;
}

int fail(const Error& error) {
  std::cerr << "lightfast: " << explain(error) << "\n";
  switch (error.code) {
    case Errc::not_configured:
    case Errc::invalid_request:
    case Errc::invalid_user_id: return exit_usage;
    default: return exit_failed;
  }
}

int run_command_line(int argc, char** argv) {
  CLI::App cli("Gives images whose URLs fade URLs that don't.", "lightfast");
  cli.footer(
      "Configuration is environment variables; see `lightfast serve --print-config`.\n"
      "Exit codes: 0 done, 1 it failed, 2 bad usage or configuration.");
  cli.require_subcommand(0, 1);
  Outcome outcome;
  add_serve(cli, outcome);
  add_keys(cli, outcome);
  add_sign(cli, outcome);
  add_import(cli, outcome);
  add_list(cli, outcome);
  add_remove(cli, outcome);
  add_restore(cli, outcome);
  add_cleanup(cli, outcome);
  add_fsck(cli, outcome);
  add_backup(cli, outcome);
  add_stats(cli, outcome);
  add_doctor(cli, outcome);
  add_version(cli, outcome);
  try {
    cli.parse(argc, argv);
    if (cli.get_subcommands().empty()) cli.get_subcommand("serve")->parse("", false);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? exit_done : exit_usage;
  }
  return outcome.exit_code;
}

}  // namespace lightfast::commands
