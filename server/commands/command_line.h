// The command line as a whole: finds the subcommand, runs it, gives its exit code.
#pragma once

namespace lightfast::commands {

int run_command_line(int argc, char** argv);

}  // namespace lightfast::commands
