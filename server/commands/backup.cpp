#include <signal.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <iostream>

#include "server/admin/backup_command.h"
#include "server/commands/admin_call.h"
#include "server/commands/command.h"
#include "server/commands/progress_bar.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

struct BackupArguments {
  std::string target;
  bool verify_hashes = false, as_json = false;
  bool is_stream() const { return target == "-"; }
};

Result<void> write_to_stdout(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(errno, "writing the stream to standard output");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<json::object> admin_arguments(const BackupArguments& options) {
  if (options.is_stream()) return json::object{{"stream", true}};
  std::error_code problem;
  const auto folder = std::filesystem::absolute(options.target, problem).lexically_normal();
  if (problem) return Error{Errc::internal, options.target + ": " + problem.message()};
  auto arguments = admin::backup_arguments(folder);
  if (arguments) (*arguments)["verify_hashes"] = options.verify_hashes;
  return arguments;
}

// Where the stream goes to standard output, what is said about it doesn't.
void print_report(const json::object& report, const BackupArguments& options) {
  std::ostream& out = options.is_stream() ? std::cerr : std::cout;
  if (options.as_json) {
    out << json::serialize(report) << "\n";
    return;
  }
  const auto figure = [&](std::string_view name) { return json::serialize(report.at(name)); };
  out << "backed up " << figure("images") << " images (" << figure("bytes") << " bytes) and the database ("
      << figure("database_bytes") << " bytes)";
  if (!options.is_stream()) {
    out << " to " << options.target << ": copied " << figure("copied") << " (" << figure("copied_bytes")
        << " bytes), removed " << figure("removed");
  }
  out << "\n";
}

int complain_of_lost(const json::object& report) {
  const auto lost = report.at("lost").to_number<std::uint64_t>();
  if (lost == 0) return exit_done;
  for (const auto& image : report.at("lost_images").as_array()) {
    std::cerr << "lightfast: " << image.at("user_id").as_string().c_str() << "/" << image.at("id").as_string().c_str()
              << " is not in the backup: " << image.at("reason").as_string().c_str() << "\n";
  }
  std::cerr << "lightfast: " << lost << " images could not be backed up; everything else was\n";
  return exit_failed;
}

int run(const BackupArguments& options) {
  ::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error to be told
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  if (options.is_stream() && ::isatty(STDOUT_FILENO) == 1) {
    return fail({Errc::invalid_request, "a tar stream is not for a terminal: lightfast backup - >backup.tar"});
  }
  auto arguments = admin_arguments(options);
  if (!arguments) return fail(arguments.error());
  ProgressBar bar;
  admin::Listener listener = bar.listener();
  listener.bytes = write_to_stdout;
  auto answer = run_admin_command(loaded->config, "backup", *arguments, listener);
  bar.clear();
  if (!answer) return fail(answer.error());
  print_report(answer->as_object(), options);
  return complain_of_lost(answer->as_object());
}

}  // namespace

void add_backup(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("backup", "Copy everything, consistently, beside a running server");
  command->footer(
      "DIR gets lightfast.db, api-key (where one was generated) and images/; a server starts on it as it is.\n"
      "What is in DIR already is not copied again, what is no more is removed from it; interrupted at any\n"
      "point, the backup that was there before is whole. `-` writes a tar stream to standard output.\n"
      "Images whose files are damaged are named, exit 1; everything else is copied.");
  const auto options = std::make_shared<BackupArguments>();
  command->add_option("DIR", options->target, "the folder to copy to, or - for a tar stream")->required();
  command->add_flag("--verify-hashes", options->verify_hashes,
                    "read every file in DIR, and copy again what has changed");
  command->add_flag("--json", options->as_json, "print the report as one JSON object");
  command->callback([options, &outcome] { outcome.exit_code = run(*options); });
}

}  // namespace lightfast::commands
