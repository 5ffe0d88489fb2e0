// The admin command `backup`: into a folder that this process can reach, or as a stream to who asked. Any thread; it
// must outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <stop_token>

#include "base/task.h"
#include "base/workers.h"
#include "server/admin/reply.h"
#include "server/lifecycle/backup.h"

namespace lightfast::admin {

class BackupCommand {
 public:
  BackupCommand(lifecycle::Backup& backup, Workers& workers) : backup_(backup), workers_(workers) {}

  // {"folder": absolute, "seen": {"path", "device", "inode"}, "verify_hashes"}, or {"stream": true}; the report.
  // `seen` is what the caller sees at the folder, or at the nearest one above it that exists.
  Task<Result<boost::json::value>> run(boost::json::object arguments, Reply& reply, std::stop_token stop);

 private:
  Result<lifecycle::BackupReport> into_folder(const boost::json::object& arguments, Reply& reply,
                                              const std::stop_token& stop);

  lifecycle::Backup& backup_;
  Workers& workers_;
};

// The arguments of a backup into `folder`, as this process sees it.
Result<boost::json::object> backup_arguments(const std::filesystem::path& folder);

}  // namespace lightfast::admin
