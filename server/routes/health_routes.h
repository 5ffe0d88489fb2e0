// Whether the process lives (/healthz) and whether it can do its work (/readyz).
#pragma once

#include <string>

#include "base/workers.h"
#include "db/database.h"
#include "server/http/message.h"
#include "storage/disk_room.h"

namespace lightfast::routes {

class HealthRoutes {
 public:
  HealthRoutes(db::Database& database, const storage::DiskRoom& room, Workers& readers, const std::string& instance);

  Task<Result<http::Response>> healthz(http::Request& request);
  Task<Result<http::Response>> readyz(http::Request& request);

 private:
  std::vector<std::string> complaints();

  db::Database& database_;
  const storage::DiskRoom& room_;
  Workers& readers_;
  const std::string instance_;
};

}  // namespace lightfast::routes
