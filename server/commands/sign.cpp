#include <boost/json.hpp>
#include <charconv>
#include <iostream>

#include "server/commands/admin_call.h"
#include "server/commands/command.h"
#include "server/commands/image_words.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

struct SignOptions {
  std::string image;
  std::uint64_t expires_in = 3'600;
  std::vector<std::string> variant;
  bool as_json = false;
};

// "w=512" as a member of that type.
void add_member(json::object& variant, const std::string& pair) {
  const auto equals = std::min(pair.find('='), pair.size());
  const std::string name = pair.substr(0, equals), value = pair.substr(std::min(equals + 1, pair.size()));
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (problem == std::errc() && end == value.data() + value.size())
    variant[name] = number;
  else
    variant[name] = value;
}

int run(const SignOptions& options) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  json::object variant;
  for (const auto& pair : options.variant) add_member(variant, pair);
  const json::object arguments{
      {"id", image_id_in(options.image)}, {"expires_in", options.expires_in}, {"variant", std::move(variant)}};
  auto answer = run_admin_command(loaded->config, "sign", arguments);
  if (!answer) return fail(answer.error());
  if (options.as_json)
    std::cout << json::serialize(*answer) << "\n";
  else
    std::cout << answer->at("url").as_string().c_str() << "\n";
  return exit_done;
}

}  // namespace

void add_sign(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("sign", "Print a URL by which anyone may read one image for a time");
  const auto options = std::make_shared<SignOptions>();
  command->add_option("image", options->image, "its id or URL")->required();
  command->add_option("--expires-in", options->expires_in, "seconds; rounded up, by at most a day")
      ->capture_default_str();
  command->add_option("--variant", options->variant, "w=512,h=…,fit=…,format=…,q=…: for a resizing CDN in front")
      ->delimiter(',');
  command->add_flag("--json", options->as_json, "with the time when it ends");
  command->callback([options, &outcome] { outcome.exit_code = run(*options); });
}

}  // namespace lightfast::commands
