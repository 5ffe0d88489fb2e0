// Whether the process lives (/healthz) and whether it can do its work (/readyz).
#pragma once

#include <string>

#include "base/workers.h"
#include "db/database.h"
#include "server/http/message.h"
#include "storage/storage.h"

namespace lightfast::routes {

class HealthRoutes {
 public:
  HealthRoutes(db::Database& database, storage::Storage& storage, Workers& readers, std::uint64_t min_free_bytes,
               const std::string& instance);

  Task<Result<http::Response>> healthz(http::Request& request);
  Task<Result<http::Response>> readyz(http::Request& request);

 private:
  std::vector<std::string> complaints();

  db::Database& database_;
  storage::Storage& storage_;
  Workers& readers_;
  std::uint64_t min_free_bytes_;
  const std::string instance_;
};

}  // namespace lightfast::routes
