#include "server/lifecycle/scheduler.h"

#include <utility>

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {

// The setting under which the time of the last daily cleanup is kept; of the first start, before there was one.
constexpr const char* last_run_setting = "last_daily_cleanup";
constexpr std::chrono::minutes low_disk_pause{1};

std::uint64_t images_of(const CleanupReport& report) {
  std::uint64_t images = 0;
  for (const auto& [reason, sum] : report.sums) images += sum.images;
  return images;
}

}  // namespace

Scheduler::Scheduler(Cleaner& cleaner, const storage::DiskRoom& room, db::Database& database, const Clock& clock,
                     Logger& log, Alerts& alerts, Options options)
    : cleaner_(cleaner),
      room_(room),
      database_(database),
      clock_(clock),
      log_(log),
      alerts_(alerts),
      options_(std::move(options)),
      watch_({clock.now(), clock.steady_now()}) {}

void Scheduler::step(const std::stop_token& stop) {
  if (stop.stop_requested()) return;
  watch_.read({clock_.now(), clock_.steady_now()});
  step_low_disk(stop);
  step_room();
  if (options_.time_of_day && !stop.stop_requested()) step_daily(stop);
}

// Once, when it begins or its reason changes, and once when it is over.
void Scheduler::step_room() {
  const auto room = room_.require(0);
  const auto reason = room ? std::nullopt : std::optional(room.error().code);
  if (std::exchange(refusal_, reason) == reason) return;
  if (room) return log_.info("new images are accepted again");
  log_.warning("new images are refused", {{"reason", explain(room.error())}});
  if (reason == Errc::overloaded) return;  // out of descriptors: it passes
  const auto kind = reason == Errc::storage_full ? AlertKind::disk_low : AlertKind::disk_unwritable;
  alerts_.raise(kind, room.error().detail);
}

void Scheduler::step_daily(const std::stop_token& stop) {
  const auto situation = look();
  if (!situation) return;  // a database that cannot be read says so elsewhere
  const DailyVerdict verdict = judge(*situation, options_.utc_offset);
  report(verdict, *situation);
  last_run_ = situation->last_run;
  if (!last_run_) remember_run(situation->now);
  if (runs(verdict)) run_daily(verdict, situation->now, stop);
}

Result<DailySituation> Scheduler::look() {
  return db::read(database_, [&](const db::Session& session) -> Result<DailySituation> {
    DailySituation situation{options_.time_of_day, clock_.now(), watch_, last_run_, std::nullopt};
    auto newest = session.retention().newest_time();
    if (!newest) return newest.error();
    situation.newest_record = *newest;
    if (situation.last_run) return situation;
    auto kept = session.settings().find(last_run_setting);
    if (!kept) return kept.error();
    if (*kept) situation.last_run = parse_iso8601(**kept);
    return situation;
  });
}

// Once, when it begins, and once when it is over.
void Scheduler::report(DailyVerdict verdict, const DailySituation& situation) {
  if (distrusts(verdict) == distrusts(told_)) return;
  told_ = verdict;
  if (!distrusts(verdict)) return log_.info("the clock is trusted again", {{"clock", to_iso8601(situation.now)}});
  const bool has_jumped = verdict == DailyVerdict::clock_jumped;
  log_.warning("the daily cleanup does not trust the clock, and waits until it has run steadily for an hour",
               {{"reason", has_jumped ? "it jumped by a day or more" : "it stands before the newest record"},
                {"clock", to_iso8601(situation.now)},
                {"newest_record", situation.newest_record ? to_iso8601(*situation.newest_record) : "none"}});
}

void Scheduler::run_daily(DailyVerdict verdict, Timestamp now, const std::stop_token& stop) {
  if (verdict == DailyVerdict::missed) {
    log_.info("the daily cleanup was missed by more than a day and is made up for",
              {{"last_run", to_iso8601(*last_run_)}});
  }
  last_run_ = now;
  const auto report = clean(CleanupOptions::Extent::everything, "daily", stop);
  if (report && report->complete) remember_run(now);
}

void Scheduler::remember_run(Timestamp time) {
  last_run_ = time;
  auto kept = db::commit_blocking(
      database_, [&](db::Session& session) { return session.settings().set(last_run_setting, to_iso8601(time)); });
  if (!kept) log_.warning("when the last cleanup was could not be kept", {{"reason", explain(kept.error())}});
}

void Scheduler::step_low_disk(const std::stop_token& stop) {
  if (!cleaner_.runs_low()) return next_low_disk_.reset();
  const SteadyTime now = clock_.steady_now();
  if (next_low_disk_ && now < *next_low_disk_) return;
  alerts_.raise(AlertKind::disk_low, "the disk of the images is nearly full");
  const auto report = clean(CleanupOptions::Extent::space, "low_disk", stop);
  if (report && images_of(*report) > 0) return next_low_disk_.reset();
  if (report && !next_low_disk_) log_.warning("the disk is nearly full, and there is nothing that may be removed");
  next_low_disk_ = now + low_disk_pause;
}

Result<CleanupReport> Scheduler::clean(CleanupOptions::Extent extent, std::string trigger,
                                       const std::stop_token& stop) {
  CleanupOptions options;
  options.extent = extent;
  options.trigger = std::move(trigger);
  Progress progress;
  auto report = cleaner_.run(options, progress, stop);
  if (!report) {
    log_.error("a cleanup failed", {{"trigger", options.trigger}, {"reason", explain(report.error())}});
  }
  return report;
}

}  // namespace lightfast::lifecycle
