// The facts about images, behind two doors: read, on any thread, and commit, through the one writer, which gathers
// what is waiting into one durable transaction (group commit).
#pragma once

#include <functional>
#include <memory>

#include "base/error.h"
#include "db/repositories.h"

namespace lightfast::db {

class Database {
 public:
  // A change runs on the writer, within a savepoint: if it fails, it alone is undone. It must not block on anything
  // but the session, and must not throw.
  using Change = std::function<Result<void>(Session&)>;
  using Done = std::function<void(Result<void>)>;

  virtual ~Database() = default;  // finishes the changes that were submitted

  // Blocks on a connection of its own; sees everything that was committed before the call.
  virtual Result<void> read(const std::function<Result<void>(const Session&)>& look) = 0;

  // Returns at once. `done` is called on the writer, exactly once: with no error when the change is durable
  // (synchronous=FULL); with the change's own error; with Errc::overloaded when too many are waiting; with
  // Errc::storage_full or Errc::internal when the transaction could not be committed: whether such a change
  // survives a crash is then unknown.
  virtual void submit(Change change, Done done) = 0;
};

}  // namespace lightfast::db
