// Keeps the users' totals, the kinds' and the days' counters in step with hosted_images: every change of an image's
// state is told here, within the transaction that makes it. The one place that adds them up. Its connection's thread.
#pragma once

#include "db/records.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

class Ledger {
 public:
  explicit Ledger(Connection& connection) : connection_(connection) {}

  void added(const ImageRecord& image);                    // lives; on the day it was made
  void removed(const ImageRecord& image, Timestamp now);   // lives no longer, lies in the trash
  void restored(const ImageRecord& image, Timestamp now);  // the other way round
  void purged(const ImageRecord& image);                   // gone from the trash
  void served(const UserId& user, Timestamp when, std::uint64_t accesses, std::uint64_t bytes);

 private:
  struct Change {  // of one user's totals
    std::int64_t images = 0, bytes = 0, trash_images = 0, trash_bytes = 0, served_bytes = 0;
  };
  void change_totals(const UserId& user, const Change& change);
  void change_kind(const ImageRecord& image, std::int64_t images);
  void count(const UserId& user, Timestamp when, const DayCounters& more);

  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
