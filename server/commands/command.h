// What the subcommands share: each file here adds one to the command line and says what it does.
// Exit codes: 0 done, 1 it failed, 2 bad usage or configuration.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "server/config.h"

namespace lightfast::commands {

constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

// The exit code of the subcommand that ran.
struct Outcome {
  int exit_code = exit_done;
};

// Reads the environment; prints every error there is to stderr and gives nullopt (exit_usage).
std::optional<LoadedConfig> load_or_complain();

// Prints `lightfast: …` to stderr and gives the exit code that fits.
int fail(const Error& error);

void add_serve(CLI::App& cli, Outcome& outcome);
void add_sign(CLI::App& cli, Outcome& outcome);
void add_keys(CLI::App& cli, Outcome& outcome);
void add_import(CLI::App& cli, Outcome& outcome);
void add_list(CLI::App& cli, Outcome& outcome);
void add_remove(CLI::App& cli, Outcome& outcome);
void add_restore(CLI::App& cli, Outcome& outcome);
void add_cleanup(CLI::App& cli, Outcome& outcome);
void add_fsck(CLI::App& cli, Outcome& outcome);
void add_backup(CLI::App& cli, Outcome& outcome);
void add_stats(CLI::App& cli, Outcome& outcome);
void add_doctor(CLI::App& cli, Outcome& outcome);
void add_version(CLI::App& cli, Outcome& outcome);

}  // namespace lightfast::commands
