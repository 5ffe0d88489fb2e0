// Removes images for good, in the one order that a crash cannot turn into a row without a file that it promises: the
// row is marked, the file unlinked, the row dropped. What is interrupted, the next cleanup finishes. Blocking; any
// thread.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "server/images/deletion_gate.h"
#include "storage/storage.h"

namespace lightfast::images {

class Eraser {
 public:
  Eraser(db::Database& database, storage::Storage& storage, DeletionGate& gate, const Clock& clock)
      : database_(database), storage_(storage), gate_(gate), clock_(clock) {}

  using Wanted = std::function<bool(const db::ImageRecord&)>;
  struct Outcome {
    std::uint64_t marked = 0;  // gone for good, though a file may still be there
    std::vector<ImageId> erased;
    std::uint64_t failures = 0;  // marked, but their files could not be unlinked
    std::string failure;         // of the first one
  };

  // Of `ids` those that `wanted` still wants when they are marked. Waits while files are held back (DeletionGate),
  // until asked to stop: what is marked by then stays for the next cleanup. An error: the database took nothing, or
  // could not drop the rows.
  Result<Outcome> erase(const std::vector<ImageId>& ids, const Wanted& wanted, const std::stop_token& stop = {});

  // The same for those who do not wait: where files are held back, what is marked stays for the next cleanup.
  Result<Outcome> erase_unless_held(const std::vector<ImageId>& ids, const Wanted& wanted);

 private:
  struct Marked {
    ImageId id;
    storage::BlobKey file;
  };
  Result<std::vector<Marked>> mark(const std::vector<ImageId>& ids, const Wanted& wanted);
  Result<Outcome> unlink_and_drop(const std::vector<Marked>& marked);

  db::Database& database_;
  storage::Storage& storage_;
  DeletionGate& gate_;
  const Clock& clock_;
};

}  // namespace lightfast::images
