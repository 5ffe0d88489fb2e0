#include "db/sqlite/file_health.h"

#include "db/sqlite/sqlite_error.h"

namespace lightfast::db::sqlite {

Health FileHealth::now() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

void FileHealth::note_sound() {
  const std::lock_guard lock(mutex_);
  if (health_.state == Health::State::unchecked) health_.state = Health::State::sound;
}

void FileHealth::note(const Error& error) {
  if (!is_damage_of_file(error)) return;
  {
    const std::lock_guard lock(mutex_);
    if (health_.state == Health::State::damaged) return;
    health_ = {Health::State::damaged, error.detail};
  }
  log_.error("the database is damaged: from now on it is only read, and nothing is stored, changed or removed",
             {{"found", error.detail},
              {"do",
               "stop the server, then restore a backup or repair a copy of the database: see \"When the database "
               "is damaged\" in docs/operations.md"}});
}

}  // namespace lightfast::db::sqlite
