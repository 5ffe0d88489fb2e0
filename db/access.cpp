#include "db/access.h"

#include "base/suspend.h"

namespace lightfast::db {

Task<Result<void>> submitted(Database& database, Database::Change change) {
  Result<void> outcome;
  std::function<void(Resume)> begin = [&](Resume resume) {
    database.submit(std::move(change), [&outcome, resume](Result<void> ended) mutable {
      outcome = std::move(ended);
      std::exchange(resume, nullptr)();
    });
  };
  co_await suspend(std::move(begin));
  co_return outcome;
}

}  // namespace lightfast::db
