#include <boost/json.hpp>
#include <iomanip>
#include <iostream>

#include "server/commands/admin_call.h"
#include "server/commands/command.h"
#include "server/commands/progress_bar.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

struct CleanupArguments {
  std::string user, collection, as_of;
  std::optional<std::int64_t> older_than;
  bool dry_run = false, as_json = false;
};

void print_sums(const json::object& report) {
  std::cout << (report.at("dry_run").as_bool() ? "Would be removed" : "Removed") << ":\n"
            << std::left << std::setw(12) << "REASON" << std::right << std::setw(12) << "IMAGES" << std::setw(18)
            << "BYTES"
            << "\n";
  const auto row = [](std::string_view name, const json::value& sum) {
    std::cout << std::left << std::setw(12) << name << std::right << std::setw(12) << json::serialize(sum.at("images"))
              << std::setw(18) << json::serialize(sum.at("bytes")) << "\n";
  };
  for (const auto& [reason, sum] : report.at("sums").as_object()) row(reason, sum);
  row("total", report.at("total"));
}

int run(const CleanupArguments& options) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  json::object arguments{{"user", options.user},
                         {"collection", options.collection},
                         {"as_of", options.as_of},
                         {"dry_run", options.dry_run},
                         {"each", options.as_json}};
  if (options.older_than) arguments["older_than"] = *options.older_than;
  ProgressBar bar;
  // The images come in pieces; together they are one object.
  std::string images;
  admin::Listener listener = bar.listener();
  listener.part = [&](const json::value& part) {
    const std::string text = json::serialize(part);
    if (!images.empty()) images += ",";
    images.append(text, 1, text.size() - 2);
  };
  auto answer = run_admin_command(loaded->config, "cleanup", arguments, listener);
  bar.clear();
  if (!answer) return fail(answer.error());
  const json::object& report = answer->as_object();
  if (options.as_json) {
    std::string text = json::serialize(report);
    text.pop_back();
    std::cout << text << ",\"images\":[" << images << "]}\n";
  } else {
    print_sums(report);
  }
  if (const auto* error = report.if_contains("error")) {
    std::cerr << "lightfast: " << json::serialize(report.at("errors"))
              << " files could not be removed: " << error->as_string().c_str() << "\n";
    return exit_failed;
  }
  if (!report.at("complete").as_bool()) {
    std::cerr << "lightfast: stopped before the end; the next cleanup goes on from here\n";
    return exit_failed;
  }
  return exit_done;
}

}  // namespace

void add_cleanup(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand(
      "cleanup", "Remove what has expired, is over a limit or takes too much space, as the daily run does");
  command->footer(
      "In this order: expired trash (trash); images past their time (ttl); versions beyond those kept\n"
      "(version) and images over their user's limits (user_limit); then, for space, the oldest trash and\n"
      "the least recently accessed images, or with CDN_BASE_URL the oldest (space). Pinned images are never\n"
      "taken; those younger than a day by their user's limit alone. Safe to interrupt.");
  const auto options = std::make_shared<CleanupArguments>();
  command->add_flag("--dry-run", options->dry_run, "only say what would go and why");
  command->add_flag("--json", options->as_json, "one JSON object, with every image");
  command
      ->add_option("--older-than", options->older_than,
                   "days after which an image goes, instead of "
                   "IMAGE_MAX_AGE_DAYS")
      ->type_name("DAYS")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{36'500}));
  command->add_option("--user", options->user, "only this user's images");
  command->add_option("--collection", options->collection, "only this collection's images");
  command->add_option("--as-of", options->as_of, "with --dry-run: what would go at that time")
      ->type_name("TIME")
      ->needs("--dry-run");
  command->callback([options, &outcome] { outcome.exit_code = run(*options); });
}

}  // namespace lightfast::commands
