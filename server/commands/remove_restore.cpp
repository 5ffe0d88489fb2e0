#include <boost/json.hpp>
#include <iostream>

#include "base/id.h"
#include "server/commands/admin_call.h"
#include "server/commands/command.h"
#include "server/commands/image_words.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

// A lone user's name in front of ids is passed over, since ids are unique.
json::array ids_of(const std::vector<std::string>& words) {
  json::array ids;
  for (const auto& word : words) {
    const std::string id = image_id_in(word);
    const bool is_lone_user = words.size() > 1 && &word == &words.front() && !ImageId::parse(id) && UserId::parse(word);
    if (!is_lone_user) ids.emplace_back(id);
  }
  return ids;
}

int run(const std::string& command, const char* done, const std::vector<std::string>& words) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  auto answer = run_admin_command(loaded->config, command, {{"ids", ids_of(words)}});
  if (!answer) return fail(answer.error());
  int exit_code = exit_done;
  for (const auto& result : answer->at("results").as_array()) {
    if (result.at("ok").as_bool()) {
      std::cout << done << " " << result.at("id").as_string().c_str() << "\n";
    } else {
      std::cerr << "lightfast: " << result.at("id").as_string().c_str() << ": "
                << result.at("error").as_string().c_str() << "\n";
      exit_code = exit_failed;
    }
  }
  return exit_code;
}

void add(CLI::App& cli, Outcome& outcome, const std::string& name, const char* done, const std::string& description) {
  CLI::App* command = cli.add_subcommand(name, description);
  const auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("image", *words, "[USER] and ids, or URLs")->required();
  command->callback([words, name, done, &outcome] { outcome.exit_code = run(name, done, *words); });
}

}  // namespace

void add_remove(CLI::App& cli, Outcome& outcome) {
  add(cli, outcome, "remove", "removed",
      "Remove images: gone from their URLs at once, restorable for IMAGE_TRASH_DAYS");
}

void add_restore(CLI::App& cli, Outcome& outcome) {
  add(cli, outcome, "restore", "restored", "Undo a removal");
}

}  // namespace lightfast::commands
