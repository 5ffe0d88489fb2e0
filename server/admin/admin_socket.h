// The Unix socket beside the database (mode 0600) through which admin commands reach the running server: one JSON
// object a line {"command", "arguments"}, one line back {"result"} or {"error": {"code", "detail"}}.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "base/log.h"
#include "server/admin/admin_commands.h"

namespace lightfast::admin {

class AdminSocket {
 public:
  // Everything runs on `executor`'s one thread.
  AdminSocket(boost::asio::any_io_executor executor, AdminCommands& commands, Logger& log);
  ~AdminSocket();  // after stop()

  Result<void> listen(const std::filesystem::path& path);
  void stop();  // takes no more commands; those under way finish as long as the executor runs

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Sends one command to the server behind `path` and waits for its answer. Errc::not_found where none listens there.
Result<boost::json::value> call_admin_socket(const std::filesystem::path& path, const std::string& command,
                                             const boost::json::object& arguments);

}  // namespace lightfast::admin
