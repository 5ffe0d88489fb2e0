#include "server/lifecycle/cleaner.h"

#include <unordered_map>

#include "db/access.h"
#include "server/lifecycle/paged_records.h"

namespace lightfast::lifecycle {
namespace {

// Small, so that uploads wait for it only shortly and a full disk takes it.
constexpr std::size_t batch_size = 100;

void count(CleanupReport& report, const Decision& decision) {
  report.sums[decision.reason].add(decision.bytes);
}

}  // namespace

struct Cleaner::Run {
  const CleanupOptions& options;
  Progress& progress;
  const std::stop_token& stop;
  Timestamp planned_at{};
  CleanupReport report;
};

Cleaner::Cleaner(db::Database& database, const storage::DiskRoom& room, images::Eraser& eraser,
                 images::AccessRecorder& accesses, const Clock& clock, Logger& log, const RetentionLimits& limits)
    : database_(database),
      room_(room),
      eraser_(eraser),
      accesses_(accesses),
      clock_(clock),
      log_(log),
      limits_(limits) {}

bool Cleaner::runs_low() const {
  const auto disk = room_.images_disk();
  return disk && (disk->free_bytes < 2 * limits_.min_free_bytes || disk->free_inodes < 2 * storage::min_free_inodes);
}

Result<CleanupReport> Cleaner::run(const CleanupOptions& options, Progress& progress, const std::stop_token& stop) {
  const bool is_dry = options.mode == CleanupOptions::Mode::dry_run;
  if (options.as_of && !is_dry)
    return Error{Errc::invalid_request, "`as_of` goes together with `dry_run` only: a cleanup happens now"};
  const std::lock_guard lock(one_at_a_time_);
  accesses_.flush_blocking();
  Run run{options, progress, stop, clock_.now(), {}};
  run.report.started_at = run.planned_at;
  progress.begin("planning", 0);
  if (!is_dry) {
    if (auto dated = date_anew(stop); !dated) return dated.error();
  }

  for (bool more = true; more && !stop.stop_requested();) {
    run.planned_at = options.as_of.value_or(clock_.now());
    auto plan = this->plan(options, run.planned_at);
    if (!plan) return plan.error();
    more = plan->is_full() && !is_dry;
    if (is_dry) {
      for (std::size_t i = 0; i < plan->size(); ++i) count(run.report, plan->at(i));
      run.report.complete = !plan->is_full();
      run.report.taken = std::move(*plan);
    } else if (auto done = carry_out(run, *plan); !done) {
      run.report.errors += 1;
      run.report.error = done.error().detail;
      run.report.finished_at = clock_.now();
      record(run);
      return done.error();
    }
  }
  if (stop.stop_requested()) run.report.complete = false;
  run.report.finished_at = clock_.now();
  if (!is_dry) record(run);
  return std::move(run.report);
}

// The first cleanup at a believable time is when the age of what has none begins.
Result<void> Cleaner::date_anew(const std::stop_token& stop) {
  const Timestamp now = clock_.now();
  if (now < earliest_time) return {};
  for (std::uint64_t images = batch_size; images >= batch_size && !stop.stop_requested();) {
    auto dated = db::commit_blocking(
        database_, [&](db::Session& session) { return session.images().date_anew(earliest_time, now, batch_size); });
    if (!dated) return dated.error();
    images = *dated;
    if (images > 0)
      log_.warning("images were dated by a clock that was not set; their age counts from now", {{"images", images}});
  }
  return {};
}

Result<Plan> Cleaner::plan(const CleanupOptions& options, Timestamp now) const {
  auto totals = db::read(database_, [](const db::Session& session) { return session.users().everybody(); });
  if (!totals) return totals.error();
  const auto disk = room_.images_disk();
  if (!disk) return disk.error();
  const Situation situation{now, totals->bytes + totals->trash_bytes, disk->free_bytes, disk->free_inodes};
  const PagedRecords records(database_);
  return options.extent == CleanupOptions::Extent::space
             ? plan_for_space(records, records, limits_, situation)
             : plan_retention(records, records, limits_, options.scope, situation);
}

Result<void> Cleaner::carry_out(Run& run, const Plan& plan) {
  run.progress.begin("removing", plan.size());
  for (std::size_t next = 0; next < plan.size() && !run.stop.stop_requested();) {
    std::vector<Decision> batch;
    const Fate fate = plan.at(next).fate;
    while (next < plan.size() && batch.size() < batch_size && plan.at(next).fate == fate) {
      batch.push_back(plan.at(next++));
    }
    if (auto done = carry_out_batch(run, batch); !done) return done;
    run.progress.done = next;
  }
  return {};
}

Result<void> Cleaner::carry_out_batch(Run& run, const std::vector<Decision>& batch) {
  auto taken = batch.front().fate == Fate::to_trash ? move_to_trash(run, batch) : erase(run, batch);
  if (!taken) return taken.error();
  std::unordered_map<ImageId, const Decision*> by_id;
  for (const auto& decision : batch) by_id.emplace(decision.id, &decision);
  for (const auto& id : *taken) {
    const Decision& decision = *by_id.at(id);
    if (!run.report.taken.is_full()) run.report.taken.add(decision);
    count(run.report, decision);
    log_.debug("image cleaned up", {{"image", id.str()},
                                    {"user", decision.user.str()},
                                    {"reason", to_string(decision.reason)},
                                    {"bytes", decision.bytes}});
  }
  return {};
}

Result<std::vector<ImageId>> Cleaner::move_to_trash(const Run& run, const std::vector<Decision>& batch) {
  const Timestamp now = clock_.now();
  return db::commit_blocking(database_, [&](db::Session& session) -> Result<std::vector<ImageId>> {
    std::vector<ImageId> taken;
    for (const auto& decision : batch) {
      auto image = session.images().find(decision.id);
      if (!image) return image.error();
      if (!*image || !is_still_due(decision, **image, limits_, run.options.scope, run.planned_at)) continue;
      auto removed = session.images().remove(decision.id, now);
      if (!removed) return removed.error();
      taken.push_back(decision.id);
    }
    return taken;
  });
}

Result<std::vector<ImageId>> Cleaner::erase(Run& run, const std::vector<Decision>& batch) {
  std::vector<ImageId> ids;
  std::unordered_map<ImageId, const Decision*> by_id;
  for (const auto& decision : batch) {
    ids.push_back(decision.id);
    by_id.emplace(decision.id, &decision);
  }
  auto outcome = eraser_.erase(
      ids,
      [&](const db::ImageRecord& image) {
        return is_still_due(*by_id.at(image.id), image, limits_, run.options.scope, run.planned_at);
      },
      run.stop);
  if (!outcome) return outcome.error();
  if (outcome->failures > 0) {
    if (run.report.errors == 0) run.report.error = outcome->failure;
    run.report.errors += outcome->failures;
    log_.error("files could not be removed", {{"files", outcome->failures}, {"reason", outcome->failure}});
  }
  return std::move(outcome->erased);
}

void Cleaner::record(const Run& run) {
  const CleanupReport& report = run.report;
  db::CleanupRun kept;
  kept.started_at = report.started_at;
  kept.finished_at = report.finished_at;
  kept.trigger = run.options.trigger;
  kept.errors = report.errors;
  kept.error_detail = report.error;
  std::uint64_t images = 0, bytes = 0;
  for (const auto& [reason, sum] : report.sums) {
    kept.taken[std::string(to_string(reason))] = {sum.images, sum.bytes};
    images += sum.images;
    bytes += sum.bytes;
  }
  // Looked for again and again while the disk is low: what found nothing is no news.
  if (run.options.extent == CleanupOptions::Extent::space && images == 0 && report.errors == 0) return;
  const auto images_for = [&](Reason reason) { return kept.taken[std::string(to_string(reason))].images; };
  log_.info("cleanup finished", {{"trigger", run.options.trigger},
                                 {"images", images},
                                 {"bytes", bytes},
                                 {"trash", images_for(Reason::trash)},
                                 {"ttl", images_for(Reason::ttl)},
                                 {"version", images_for(Reason::version)},
                                 {"user_limit", images_for(Reason::user_limit)},
                                 {"space", images_for(Reason::space)},
                                 {"errors", report.errors},
                                 {"complete", report.complete}});
  auto recorded =
      db::commit_blocking(database_, [&](db::Session& session) { return session.cleanup_runs().insert(kept); });
  if (!recorded) log_.warning("a cleanup could not be recorded", {{"reason", explain(recorded.error())}});
}

}  // namespace lightfast::lifecycle
