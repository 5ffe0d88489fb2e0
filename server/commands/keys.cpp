#include <boost/json.hpp>
#include <iomanip>
#include <iostream>

#include "server/commands/admin_call.h"
#include "server/commands/command.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

struct NewKeyOptions {
  std::string name, user, scope = "read,write";
  std::uint32_t expires_in_days = 0;
};

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : std::string("-");
}

// The key alone goes to stdout, so that a script can take it.
int create(const NewKeyOptions& options) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  json::object arguments{{"name", options.name}, {"scope", options.scope}};
  if (!options.user.empty()) arguments["user"] = options.user;
  if (options.expires_in_days > 0) arguments["expires_in_days"] = options.expires_in_days;
  auto made = run_admin_command(loaded->config, "create_key", arguments);
  if (!made) return fail(made.error());
  std::cout << made->at("key").as_string().c_str() << std::endl;
  std::cerr << "lightfast: key `" << options.name << "` may " << text_of(made->at("scope")) << " for "
            << (options.user.empty() ? "every user" : options.user) << "; it is shown this once, keep it safe\n";
  return exit_done;
}

void print_row(const std::string& name, const std::string& id, const std::string& user, const std::string& scope,
               const std::string& state, const std::string& created, const std::string& expires,
               const std::string& last_used) {
  std::cout << std::left << std::setw(24) << name << " " << std::setw(18) << id << std::setw(24) << user << " "
            << std::setw(18) << scope << std::setw(9) << state << std::setw(22) << created << std::setw(22) << expires
            << last_used << "\n";
}

int list(bool as_json) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  auto answer = run_admin_command(loaded->config, "list_keys", {});
  if (!answer) return fail(answer.error());
  if (!as_json) print_row("NAME", "ID", "USER", "SCOPE", "STATE", "CREATED AT", "EXPIRES AT", "LAST USED AT");
  for (const auto& key : answer->at("keys").as_array()) {
    if (as_json) {
      std::cout << json::serialize(key) << "\n";
      continue;
    }
    print_row(text_of(key.at("name")), text_of(key.at("id")), text_of(key.at("user_id")), text_of(key.at("scope")),
              text_of(key.at("state")), text_of(key.at("created_at")), text_of(key.at("expires_at")),
              text_of(key.at("last_used_at")));
  }
  return exit_done;
}

int revoke(const std::string& name) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  auto revoked = run_admin_command(loaded->config, "revoke_key", {{"name", name}});
  if (!revoked) return fail(revoked.error());
  std::cout << "revoked " << text_of(revoked->at("name")) << "\n";
  return exit_done;
}

void add_create(CLI::App& keys, Outcome& outcome) {
  CLI::App* command = keys.add_subcommand("create", "Make a key; it is printed this once and stored hashed");
  const auto options = std::make_shared<NewKeyOptions>();
  command->add_option("--name", options->name, "what it is called in lists and logs")->required();
  command->add_option("--user", options->user, "works for this user alone");
  command->add_option("--scope", options->scope, "some of read,write,admin")->capture_default_str();
  command->add_option("--expires-in", options->expires_in_days, "days; never without")->check(CLI::Range(1, 36'500));
  command->callback([options, &outcome] { outcome.exit_code = create(*options); });
}

void add_list_keys(CLI::App& keys, Outcome& outcome) {
  CLI::App* command = keys.add_subcommand("list", "List the keys made here, newest first; never those of API_KEYS");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "one JSON object a line");
  command->callback([as_json, &outcome] { outcome.exit_code = list(*as_json); });
}

void add_revoke(CLI::App& keys, Outcome& outcome) {
  CLI::App* command = keys.add_subcommand("revoke", "Revoke a key, at once and for good");
  const auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "its name or id")->required();
  command->callback([name, &outcome] { outcome.exit_code = revoke(*name); });
}

}  // namespace

void add_keys(CLI::App& cli, Outcome& outcome) {
  CLI::App* keys = cli.add_subcommand("keys", "Make, list and revoke API keys");
  keys->require_subcommand(1);
  add_create(*keys, outcome);
  add_list_keys(*keys, outcome);
  add_revoke(*keys, outcome);
}

}  // namespace lightfast::commands
