// The facts about images that the API and the commands ask for and change. Knows nothing of HTTP. Any thread; it must
// outlive its coroutines.
#pragma once

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

class ImageService {
 public:
  ImageService(db::Database& database, Eraser& eraser, Workers& readers, Workers& writers, const Clock& clock,
               Logger& log, const RetentionRule& rule);

  // Removed images that can still be restored are found too. Errc::not_found for absent ones and for another user's.
  Task<Result<db::ImageRecord>> get(UserId user, ImageId id);
  Task<Result<db::ImageRecord>> get(ImageId id);  // whoever's it is: admin commands
  Task<Result<db::ImagePage>> list(db::ImageQuery query);

  // Gone from its URL when this returns; its file stays for as long as it can be restored.
  Task<Result<db::ImageRecord>> remove(UserId user, ImageId id);
  // Errc::damaged where there is nothing left to serve.
  Task<Result<db::ImageRecord>> restore(UserId user, ImageId id);
  Task<Result<db::ImageRecord>> set_pinned(UserId user, ImageId id, bool pinned);

 private:
  template <class Change>
  Task<Result<db::ImageRecord>> change(UserId user, ImageId id, Change change);
  Task<void> erase(db::ImageRecord image);

  db::Database& database_;
  Eraser& eraser_;
  Workers& readers_;
  Workers& writers_;
  const Clock& clock_;
  Logger& log_;
  RetentionRule rule_;
};

}  // namespace lightfast::images
