#include "server/images/user_service.h"

#include "db/access.h"

namespace lightfast::images {
namespace {

constexpr std::uint32_t batch_size = 100;  // small, so that uploads wait for it only shortly

}  // namespace

UserService::UserService(db::Database& database, Eraser& eraser, Workers& readers, Workers& writers, const Clock& clock,
                         Logger& log, const RetentionRule& rule, std::stop_token stop)
    : database_(database),
      eraser_(eraser),
      readers_(readers),
      writers_(writers),
      clock_(clock),
      log_(log),
      rule_(rule),
      stop_(std::move(stop)) {}

Task<Result<Usage>> UserService::usage(UserId user) {
  const Timestamp now = clock_.now();
  auto usage = co_await readers_.run([&] {
    return db::read(database_, [&](const db::Session& session) -> Result<Usage> {
      auto totals = session.users().totals(user);
      if (!totals) return totals.error();
      auto days = session.counters().by_day(user, to_utc_day(now - std::chrono::days(29)), to_utc_day(now));
      if (!days) return days.error();
      return Usage{std::move(*totals), std::move(*days)};
    });
  });
  co_return usage;
}

Task<Result<void>> UserService::set_limits(UserId user, OwnLimits limits) {
  auto set = co_await db::commit(
      database_, [&](db::Session& session) { return session.users().set_limits(user, limits.images, limits.bytes); });
  if (set) log_.info("a user's limits were set", {{"user", user.str()}});
  co_return set;
}

Task<Result<RemovalReport>> UserService::remove_all(UserId user, std::string collection, RemovalMode mode) {
  if (rule_.trash_days == 0) mode = RemovalMode::for_good;
  RemovalReport report;
  auto done = co_await empty_into_trash(user, collection, report);
  if (done && mode == RemovalMode::for_good) done = co_await purge_trash(user, collection, report);
  log_.info("a user's images were removed", {{"user", user.str()},
                                             {"collection", collection},
                                             {"removed", report.removed},
                                             {"purged", report.purged},
                                             {"bytes", report.bytes},
                                             {"complete", done.has_value()}});
  if (!done) co_return done.error();
  co_return report;
}

// The oldest first, and no further than what was there at the beginning: whoever uploads meanwhile does not keep it
// going for ever.
Task<Result<void>> UserService::empty_into_trash(const UserId& user, const std::string& collection,
                                                 RemovalReport& report) {
  const Timestamp began = clock_.now();
  for (bool more = true; more;) {
    if (auto going_on = go_on(report); !going_on) co_return going_on.error();
    const Timestamp now = clock_.now();
    auto removed = co_await db::commit(database_, [&](db::Session& session) {
      return session.images().remove_some(user, collection, now, batch_size);
    });
    if (!removed) co_return removed.error();
    for (const auto& image : *removed) report.bytes += image.file_size;
    report.removed += removed->size();
    more = removed->size() == batch_size && removed->back().created_at <= began;
  }
  if (report.removed > 0) report.restorable_until = began + std::chrono::days(rule_.trash_days);
  co_return Result<void>();
}

Task<Result<void>> UserService::purge_trash(const UserId& user, const std::string& collection, RemovalReport& report) {
  const Eraser::Wanted is_removed = [](const db::ImageRecord& image) { return image.deleted_at.has_value(); };
  report.restorable_until.reset();
  report.bytes = 0;  // counted again, with what lay in the trash before
  db::RetentionQuery query;
  query.user = user;
  query.collection = collection;
  query.limit = batch_size;
  for (bool more = true; more;) {
    if (auto going_on = go_on(report); !going_on) co_return going_on.error();
    auto page = co_await readers_.run([&] {
      return db::read(database_,
                      [&](const db::Session& session) { return session.retention().trash(query, Timestamp::max()); });
    });
    if (!page) co_return page.error();
    std::vector<ImageId> ids;
    for (const auto& image : *page) ids.push_back(image.id);
    auto erased = co_await writers_.run([&] { return eraser_.erase_unless_held(ids, is_removed); });
    if (!erased) co_return erased.error();
    if (erased->failures > 0) {
      log_.error("files could not be removed", {{"files", erased->failures}, {"reason", erased->failure}});
    }
    for (const auto& image : *page) report.bytes += image.file_size;
    report.purged += erased->marked;
    more = page->size() == batch_size;
    if (more) query.after = std::move(page->back());
  }
  co_return Result<void>();
}

Result<void> UserService::go_on(const RemovalReport& report) const {
  if (!stop_.stop_requested()) return {};
  return Error{
      Errc::overloaded,
      "the server is stopping; " + std::to_string(report.removed) + " images were removed, ask again for the rest",
      std::chrono::seconds(5)};
}

}  // namespace lightfast::images
