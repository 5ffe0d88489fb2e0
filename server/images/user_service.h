// A user as a whole: what they have, what they may have, and taking all of it away. Knows nothing of HTTP. Any thread;
// it must outlive its coroutines.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"
#include "server/images/eraser.h"
#include "server/images/retention_rule.h"

namespace lightfast::images {

struct Usage {
  db::UserTotals totals;
  std::vector<db::DayCounters> by_day;  // the last 30 days with anything in them, oldest first
};

// 0: no limit; absent: the configuration's.
struct OwnLimits {
  std::optional<std::uint64_t> images;
  std::optional<std::uint64_t> bytes;
};

enum class RemovalMode { to_trash, for_good };

struct RemovalReport {
  std::uint64_t removed = 0;                  // images that lived
  std::uint64_t purged = 0;                   // gone for good: with for_good, those that lay in the trash too
  std::uint64_t bytes = 0;                    // of all of these
  std::optional<Timestamp> restorable_until;  // absent where nothing can be restored
};

class UserService {
 public:
  // After `stop` a removal ends between two steps.
  UserService(db::Database& database, Eraser& eraser, Workers& readers, Workers& writers, const Clock& clock,
              Logger& log, const RetentionRule& rule, std::stop_token stop);

  Task<Result<Usage>> usage(UserId user);
  Task<Result<void>> set_limits(UserId user, OwnLimits limits);

  // Everything that the user has when it is called, pinned images too; only that collection's where one is named. In
  // small steps beside everything else: what was removed when it failed stays so, and the same call again goes on.
  // Errc::overloaded when it was stopped. With IMAGE_TRASH_DAYS=0 everything goes for good.
  Task<Result<RemovalReport>> remove_all(UserId user, std::string collection, RemovalMode mode);

 private:
  Task<Result<void>> empty_into_trash(const UserId& user, const std::string& collection, RemovalReport& report);
  Task<Result<void>> purge_trash(const UserId& user, const std::string& collection, RemovalReport& report);
  Result<void> go_on(const RemovalReport& report) const;

  db::Database& database_;
  Eraser& eraser_;
  Workers& readers_;
  Workers& writers_;
  const Clock& clock_;
  Logger& log_;
  const RetentionRule rule_;
  const std::stop_token stop_;
};

}  // namespace lightfast::images
