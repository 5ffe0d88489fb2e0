// The repositories over one connection, which lives and moves together with them. Its connection's thread.
#pragma once

#include "db/repositories.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/sqlite_api_keys.h"
#include "db/sqlite/sqlite_cleanup_runs.h"
#include "db/sqlite/sqlite_collections.h"
#include "db/sqlite/sqlite_counters.h"
#include "db/sqlite/sqlite_idempotency.h"
#include "db/sqlite/sqlite_images.h"
#include "db/sqlite/sqlite_jobs.h"
#include "db/sqlite/sqlite_retention.h"
#include "db/sqlite/sqlite_settings.h"
#include "db/sqlite/sqlite_stored_files.h"
#include "db/sqlite/sqlite_users.h"

namespace lightfast::db::sqlite {

class SqliteSession final : public Session {
 public:
  SqliteSession(const std::filesystem::path& path, Connection::Role role) : connection_(path, role) {}

  const Images& images() const override { return images_; }
  Images& images() override { return images_; }
  const Users& users() const override { return users_; }
  Users& users() override { return users_; }
  const Counters& counters() const override { return counters_; }
  const Settings& settings() const override { return settings_; }
  Settings& settings() override { return settings_; }
  const Collections& collections() const override { return collections_; }
  const Retention& retention() const override { return retention_; }
  const StoredFiles& stored_files() const override { return stored_files_; }
  const CleanupRuns& cleanup_runs() const override { return cleanup_runs_; }
  CleanupRuns& cleanup_runs() override { return cleanup_runs_; }
  const Jobs& jobs() const override { return jobs_; }
  Jobs& jobs() override { return jobs_; }
  const IdempotencyKeys& idempotency_keys() const override { return idempotency_keys_; }
  IdempotencyKeys& idempotency_keys() override { return idempotency_keys_; }
  const ApiKeys& api_keys() const override { return api_keys_; }
  ApiKeys& api_keys() override { return api_keys_; }

  Connection& connection() { return connection_; }
  std::vector<ImageId> take_withdrawn() { return images_.take_withdrawn(); }

 private:
  Connection connection_;
  SqliteImages images_{connection_};
  SqliteUsers users_{connection_};
  SqliteCounters counters_{connection_};
  SqliteSettings settings_{connection_};
  SqliteCollections collections_{connection_};
  SqliteRetention retention_{connection_};
  SqliteStoredFiles stored_files_{connection_};
  SqliteCleanupRuns cleanup_runs_{connection_};
  SqliteJobs jobs_{connection_};
  SqliteIdempotencyKeys idempotency_keys_{connection_};
  SqliteApiKeys api_keys_{connection_};
};

}  // namespace lightfast::db::sqlite
