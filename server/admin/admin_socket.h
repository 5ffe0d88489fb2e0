// The Unix socket beside the database (mode 0600) through which admin commands reach the running server: one JSON
// object a line {"command", "arguments"}, one line back {"result"} or {"error": {"code", "detail"}}; before it there
// may be lines {"progress"}, {"part"}, and {"bytes": n} with n bytes behind it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <functional>
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
  // Takes no more commands; those under way finish as long as the executor runs, but nobody has more than 20 s to take
  // what was asked for.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Gets what comes before the answer; an empty function lets it pass.
struct Listener {
  std::function<void(std::string_view step, std::uint64_t done, std::uint64_t total)> progress;
  std::function<void(const boost::json::value&)> part;
  std::function<Result<void>(std::string_view)> bytes;  // an error ends the call
};

// Sends one command to the server behind `path` and waits for its answer. Errc::not_found where none listens there.
Result<boost::json::value> call_admin_socket(const std::filesystem::path& path, const std::string& command,
                                             const boost::json::object& arguments, const Listener& listener);

}  // namespace lightfast::admin
