#include "server/images/image_service.h"

#include "db/access.h"

namespace lightfast::images {
namespace {

Error no_such_image() {
  return {Errc::not_found, "there is no such image"};
}

Result<db::ImageRecord> find_of(const db::Session& session, const UserId& user, const ImageId& id) {
  auto found = session.images().find_aliased(id);
  if (!found) return found.error();
  if (!*found || (*found)->user != user) return no_such_image();
  return std::move(**found);
}

bool is_removed(const db::ImageRecord& image) {
  return image.deleted_at.has_value();
}

}  // namespace

ImageService::ImageService(db::Database& database, Eraser& eraser, Workers& readers, Workers& writers,
                           const Clock& clock, Logger& log, const RetentionRule& rule)
    : database_(database),
      eraser_(eraser),
      readers_(readers),
      writers_(writers),
      clock_(clock),
      log_(log),
      rule_(rule) {}

Task<Result<db::ImageRecord>> ImageService::get(UserId user, ImageId id) {
  auto found = co_await readers_.run(
      [&] { return db::read(database_, [&](const db::Session& session) { return find_of(session, user, id); }); });
  co_return found;
}

Task<Result<db::ImageRecord>> ImageService::get(ImageId id) {
  auto found = co_await readers_.run([&] {
    return db::read(database_, [&](const db::Session& session) -> Result<db::ImageRecord> {
      auto image = session.images().find_aliased(id);
      if (!image) return image.error();
      if (!*image) return no_such_image();
      return std::move(**image);
    });
  });
  co_return found;
}

Task<Result<db::ImagePage>> ImageService::list(db::ImageQuery query) {
  auto page = co_await readers_.run(
      [&] { return db::read(database_, [&](const db::Session& session) { return session.images().list(query); }); });
  co_return page;
}

template <class Change>
Task<Result<db::ImageRecord>> ImageService::change(UserId user, ImageId id, Change change) {
  auto changed = co_await db::commit(database_, [&](db::Session& session) -> Result<db::ImageRecord> {
    auto found = find_of(session, user, id);
    if (!found) return found.error();
    return change(session, *found);
  });
  co_return changed;
}

Task<Result<db::ImageRecord>> ImageService::remove(UserId user, ImageId id) {
  const Timestamp now = clock_.now();
  auto removed = co_await change(user, id, [now](db::Session& session, const db::ImageRecord& image) {
    return session.images().remove(image.id, now);
  });
  if (removed) {
    log_.info("image removed", {{"image", id.str()}, {"user", user.str()}, {"bytes", removed->file_size}});
    if (rule_.trash_days == 0) co_await erase(*removed);
  }
  co_return removed;
}

Task<Result<db::ImageRecord>> ImageService::restore(UserId user, ImageId id) {
  const Timestamp now = clock_.now();
  auto restored =
      co_await change(user, id, [now](db::Session& session, const db::ImageRecord& image) -> Result<db::ImageRecord> {
        if (image.damaged_at) return Error{Errc::damaged, "the bytes of this image are lost; it cannot be restored"};
        return session.images().restore(image.id, now);
      });
  if (restored) log_.info("image restored", {{"image", id.str()}, {"user", user.str()}});
  co_return restored;
}

Task<Result<db::ImageRecord>> ImageService::set_pinned(UserId user, ImageId id, bool pinned) {
  auto changed = co_await change(user, id, [pinned](db::Session& session, const db::ImageRecord& image) {
    return session.images().set_pinned(image.id, pinned);
  });
  co_return changed;
}

// It is gone from its URL already. What a failure here leaves in the trash, the next cleanup takes.
Task<void> ImageService::erase(db::ImageRecord image) {
  auto erased = co_await writers_.run([&] { return eraser_.erase_unless_held({image.id}, is_removed); });
  std::string reason;
  if (!erased)
    reason = erased.error().detail;
  else
    reason = erased->failure;
  if (!reason.empty())
    log_.error("a removed image stays in the trash", {{"image", image.id.str()}, {"reason", reason}});
}

}  // namespace lightfast::images
