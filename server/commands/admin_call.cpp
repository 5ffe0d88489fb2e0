#include "server/commands/admin_call.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <exception>

#include "server/admin/admin_commands.h"
#include "server/app.h"
#include "server/commands/local_reply.h"
#include "server/secrets.h"

namespace lightfast::commands {

namespace json = boost::json;

Result<json::value> run_admin_command(const Config& config, const std::string& command, const json::object& arguments,
                                      const admin::Listener& listener) {
  const auto layout = App::layout_of(config);
  auto answer = admin::call_admin_socket(layout.socket, command, arguments, listener);
  if (answer || answer.error().code != Errc::not_found) return answer;

  boost::asio::io_context context;
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  Logger log(LogLevel::warning, config.log_format);
  const bool may_be_first = command == "import" || command == "create_key";
  auto app = App::open(config, log, may_be_first ? OpenMode::create : OpenMode::existing);
  if (!app) return app.error();
  admin::UpkeepCommands upkeep((*app)->upkeep(), (*app)->backup());
  admin::ImportCommand importing((*app)->ingest(), (*app)->downloader(), (*app)->database(), (*app)->readers(),
                                 (*app)->urls());
  guard::KeyRing ring({});
  guard::ApiKeys keys((*app)->database(), (*app)->readers(), ring, (*app)->clock(), (*app)->log());
  admin::KeyCommands key_commands(keys, (*app)->clock());
  // Looked up, and made where there are none, for no other command: some must work where nothing can be written.
  Result<std::vector<std::string>> signing_keys = std::vector<std::string>();
  if (command == "sign") signing_keys = load_signing_keys(**app);
  if (!signing_keys) return signing_keys.error();
  const images::UrlSigner signer(*signing_keys);
  images::SignedUrls signed_urls((*app)->images(), (*app)->urls(), signer, (*app)->clock());
  admin::StatsCommand stats((*app)->database(), (*app)->room(), (*app)->readers(), (*app)->clock(),
                            (*app)->upkeep().cleaner.limits());
  admin::AdminCommands commands((*app)->images(), (*app)->urls(), retention_rule(config), upkeep, importing,
                                key_commands, signed_urls, stats);
  // An interruption ends long work between two steps, and the answer says how far it came.
  signals.async_wait([&](boost::system::error_code cancelled, int) {
    if (!cancelled) upkeep.stop();
  });
  LocalReply reply(context, listener);
  Result<json::value> result = Error{Errc::internal, "the command did not finish"};
  boost::asio::co_spawn(context, reply.watch(), boost::asio::detached);
  boost::asio::co_spawn(context, commands.run(command, arguments, reply),
                        [&](std::exception_ptr problem, Result<json::value> done) {
                          reply.end();
                          signals.cancel();
                          if (problem) std::rethrow_exception(problem);
                          result = std::move(done);
                        });
  context.run();
  return result;
}

}  // namespace lightfast::commands
