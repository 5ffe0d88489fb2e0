// What is known of the soundness of a database file, told by whoever meets damage, once in the log. Any thread.
#pragma once

#include <mutex>

#include "base/log.h"
#include "db/database.h"

namespace lightfast::db::sqlite {

class FileHealth {
 public:
  explicit FileHealth(Logger& log) : log_(log) {}

  Health now() const;
  void note_sound();  // after a check; what was found before stays
  // Nothing, unless it says that SQLite finds the file damaged. A row that makes no sense is that row's alone.
  void note(const Error& error);

 private:
  Logger& log_;
  mutable std::mutex mutex_;
  Health health_;
};

}  // namespace lightfast::db::sqlite
