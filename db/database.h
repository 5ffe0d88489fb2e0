// The facts about images, behind two doors: read, on any thread, and commit, through the one writer, which gathers
// what is waiting into one durable transaction (group commit).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "db/repositories.h"

namespace lightfast::db {

struct BackupProgress {
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;
};

// Damage is found by a check, or by any look or change that meets it; it stays found until the next start.
struct Health {
  enum class State { unchecked, sound, damaged };
  State state = State::unchecked;
  std::string found = {};  // the damage
};

class Database {
 public:
  // A change runs on the writer, within a savepoint: if it fails, it alone is undone. It must not block on anything
  // but the session, and must not throw.
  using Change = std::function<Result<void>(Session&)>;
  using Done = std::function<void(Result<void>)>;
  using OnProgress = std::function<void(const BackupProgress&)>;

  virtual ~Database() = default;  // finishes the changes that were submitted

  // Blocks on a connection of its own; sees everything that was committed before the call, and nothing that comes while
  // it looks. Not to be called within a look: connections are few.
  virtual Result<void> read(const std::function<Result<void>(const Session&)>& look) = 0;

  // Returns at once. `done` is called exactly once, on the writer: with no error when the change is durable; with the
  // change's own error; or, when its transaction could not be committed, with Errc::storage_full, Errc::read_only or
  // Errc::internal: whether it survives a crash is then unknown. Only Errc::overloaded, when too many are waiting,
  // and Errc::read_only, when it is only read (health()), come at once, on the caller's thread, before submit()
  // returns. `done` must not throw, block or wait for another change.
  virtual void submit(Change change, Done done) = 0;

  // Images that may no longer be served: removed, being purged, found damaged. Called on the writer, after the
  // transaction that said so and before any `done` of it; so whoever is told that an image is gone can rely on the
  // watcher having been told before. It must not throw, block or wait for a change. Once, before such changes are
  // submitted.
  using OnWithdrawn = std::function<void(const std::vector<ImageId>&)>;
  virtual void watch_withdrawals(OnWithdrawn watcher) = 0;

  // A consistent copy of all that is committed, made beside the writer, which goes on meanwhile; `target` is replaced
  // by it only when it is whole and durable. `progress` may be empty; it is called on this thread. Blocks: seconds a
  // gigabyte. Errc::damaged where the database is not sound, Errc::conflict where `target` is a database in use.
  virtual Result<void> backup_to(const std::filesystem::path& target, const OnProgress& progress) = 0;

  // Whether what is stored is sound: Errc::damaged, saying what was found. Reads all of it: seconds a gigabyte.
  // Errc::internal when asked to stop.
  virtual Result<void> quick_check(const std::stop_token& stop) = 0;
  Result<void> quick_check() { return quick_check({}); }

  // What is known without looking. A damaged database is only read: every change gets Errc::read_only.
  virtual Health health() const = 0;
  Result<void> require_changeable() const;  // that error, before anything is done for nothing

  // What is committed but not yet moved to its final place (SQLite's WAL).
  virtual std::uint64_t log_bytes() const = 0;
};

}  // namespace lightfast::db
