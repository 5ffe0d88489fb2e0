#include "server/commands/admin_call.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <exception>

#include "server/admin/admin_commands.h"
#include "server/admin/admin_socket.h"
#include "server/app.h"

namespace lightfast::commands {

namespace json = boost::json;

Result<json::value> run_admin_command(const Config& config, const std::string& command, const json::object& arguments) {
  const auto layout = App::layout_of(config);
  auto answer = admin::call_admin_socket(layout.socket, command, arguments);
  if (answer || answer.error().code != Errc::not_found) return answer;

  Logger log(LogLevel::warning, config.log_format);
  auto app = App::open(config, log, OpenMode::existing);
  if (!app) return app.error();
  admin::AdminCommands commands((*app)->images(), (*app)->urls(), (*app)->database(), (*app)->readers(),
                                retention_rule(config));
  boost::asio::io_context context;
  Result<json::value> result = Error{Errc::internal, "the command did not finish"};
  boost::asio::co_spawn(context, commands.run(command, arguments),
                        [&](std::exception_ptr problem, Result<json::value> done) {
                          if (problem) std::rethrow_exception(problem);
                          result = std::move(done);
                        });
  context.run();
  return result;
}

}  // namespace lightfast::commands
