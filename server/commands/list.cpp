#include <boost/json.hpp>
#include <iomanip>
#include <iostream>

#include "server/commands/admin_call.h"
#include "server/commands/command.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

struct ListOptions {
  std::string user, collection, search;
  std::uint64_t limit = 50;
  bool deleted = false, as_json = false;
};

constexpr std::uint64_t page_size = 1000;

void print_row(const json::object& image) {
  std::cout << std::left << std::setw(32) << image.at("id").as_string().c_str() << std::setw(24)
            << image.at("user_id").as_string().c_str() << std::right << std::setw(12)
            << json::serialize(image.at("size_bytes")) << "  " << std::left << std::setw(12)
            << image.at("content_type").as_string().c_str() << image.at("hosted_at").as_string().c_str()
            << (image.contains("damaged_at") ? "  damaged" : "") << "\n";
}

int run(const ListOptions& options) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  json::object arguments{
      {"user", options.user}, {"collection", options.collection}, {"q", options.search}, {"deleted", options.deleted}};
  std::uint64_t left = options.limit;
  bool first = true;
  while (left > 0) {
    arguments["limit"] = std::min(left, page_size);
    auto answer = run_admin_command(loaded->config, "list", arguments);
    if (!answer) return fail(answer.error());
    const auto& images = answer->at("images").as_array();
    if (first && !options.as_json) {
      std::cout << std::left << std::setw(32) << "ID" << std::setw(24) << "USER" << std::right << std::setw(12)
                << "BYTES"
                << "  " << std::left << std::setw(12) << "TYPE"
                << "HOSTED AT\n";
    }
    first = false;
    for (const auto& image : images) {
      if (options.as_json)
        std::cout << json::serialize(image) << "\n";
      else
        print_row(image.as_object());
    }
    left -= std::min<std::uint64_t>(left, images.size());
    const auto& cursor = answer->at("next_cursor").as_string();
    if (cursor.empty() || images.empty()) break;
    arguments["cursor"] = cursor;
  }
  return exit_done;
}

}  // namespace

void add_list(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("list", "List images, newest first");
  const auto options = std::make_shared<ListOptions>();
  command->add_option("--user", options->user, "only this user's");
  command->add_option("--collection", options->collection, "only this collection's");
  command->add_option("--search", options->search, "only those with this in prompt, metadata or generation");
  command->add_option("--limit", options->limit, "at most so many")->capture_default_str();
  command->add_flag("--deleted", options->deleted, "the removed ones that can be restored");
  command->add_flag("--json", options->as_json, "one JSON object a line");
  command->callback([options, &outcome] { outcome.exit_code = run(*options); });
}

}  // namespace lightfast::commands
