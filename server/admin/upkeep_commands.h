// The long commands that keep the store in order: cleanup, fsck, backup. Their reports, as JSON. Any thread; it must
// outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/task.h"
#include "server/admin/backup_command.h"
#include "server/admin/reply.h"
#include "server/lifecycle/upkeep.h"

namespace lightfast::admin {

class UpkeepCommands {
 public:
  UpkeepCommands(lifecycle::Upkeep& upkeep, lifecycle::Backup& backup)
      : upkeep_(upkeep), backup_(backup, upkeep.workers) {}

  bool knows(const std::string& name) const;
  Task<Result<boost::json::value>> run(std::string name, boost::json::object arguments, Reply& reply);

  // What is under way ends early, as if interrupted; nothing new begins.
  void stop() { upkeep_.stopping.request_stop(); }

 private:
  Task<Result<boost::json::value>> cleanup(boost::json::object arguments, Reply& reply);
  Task<Result<boost::json::value>> fsck(boost::json::object arguments, Reply& reply);

  lifecycle::Upkeep& upkeep_;
  BackupCommand backup_;
};

}  // namespace lightfast::admin
