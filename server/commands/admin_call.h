// Runs an admin command in the running server, or right here where none runs.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/error.h"
#include "server/admin/admin_socket.h"
#include "server/config.h"

namespace lightfast::commands {

Result<boost::json::value> run_admin_command(const Config& config, const std::string& command,
                                             const boost::json::object& arguments,
                                             const admin::Listener& listener = {});

}  // namespace lightfast::commands
