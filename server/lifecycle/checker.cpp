#include "server/lifecycle/checker.h"

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {

constexpr std::uint32_t page_size = 500;

std::uint64_t sum(const auto& counts) {
  std::uint64_t total = 0;
  for (const auto& [word, count] : counts) total += count;
  return total;
}

}  // namespace

Result<CheckReport> Checker::run(const CheckOptions& options, const CheckListener& listener, Progress& progress,
                                 const std::stop_token& stop) {
  const std::lock_guard lock(one_at_a_time_);
  CheckRun run{options, listener, progress, stop};
  if (auto checked = options.repair ? repair(run) : look(run); !checked) return checked.error();
  if (stop.stop_requested()) run.report.complete = false;
  if (auto counted = count_what_is_left(run); !counted) return counted.error();
  log_.info("check finished", {{"repair", options.repair},
                               {"images", run.report.images},
                               {"files", run.report.files},
                               {"problems", sum(run.report.found)},
                               {"left", run.report.left},
                               {"complete", run.report.complete}});
  return std::move(run.report);
}

Result<void> Checker::look(CheckRun& run) {
  if (auto checked = check_database(run); !checked) return checked;
  if (run.report.found.contains(Problem::damaged_database)) return {};  // such facts tell nothing
  if (auto checked = rows_.run(run); !checked) return checked;
  auto looked = go_through_strays(run, [&](const storage::BlobKey& key) { return report_stray(run, key); });
  if (!looked) return looked;
  return look_for_left_overs(run);
}

// First what is wrong is marked, then every source of right bytes is tried, and only then is anything given up.
Result<void> Checker::repair(CheckRun& run) {
  if (auto checked = check_database(run); !checked) return checked;
  if (run.report.found.contains(Problem::damaged_database)) return {};
  auto mounted = rows_.finds_any_file();
  if (!mounted) return mounted.error();
  if (!*mounted) {
    return Error{Errc::conflict,
                 "not one image has its file: is the volume mounted, is IMAGE_STORAGE_PATH right? Nothing was touched"};
  }
  auto adopt_as = adopted_visibility(run.options);
  if (!adopt_as) return adopt_as.error();
  if (auto checked = rows_.run(run); !checked) return checked;
  if (auto salvaged = salvage_.run(run, *adopt_as); !salvaged) return salvaged;
  auto mended = go_through_strays(run, [&](const storage::BlobKey& key) { return mend_stray(run, key, *adopt_as); });
  if (!mended) return mended;
  // Where a source failed, it may hold the bytes that an image lacks: then the next repair decides.
  if (run.failures == 0 && !run.stop.stop_requested()) {
    if (auto given_up = give_up_lost_images(run); !given_up) return given_up;
  }
  return remove_left_overs(run);
}

Result<void> Checker::check_database(CheckRun& run) {
  run.progress.begin("checking the database", 0);
  auto sound = database_.quick_check(run.stop);
  if (sound || run.stop.stop_requested()) return {};
  if (sound.error().code != Errc::damaged) return sound;
  return run.found(Problem::damaged_database, "", explain(sound.error()));
}

// An image that nobody can be asked about is public only where nobody has ever had a private one.
Result<db::Visibility> Checker::adopted_visibility(const CheckOptions& options) {
  if (options.adopt_as) return *options.adopt_as;
  auto any = db::read(database_, [](const db::Session& session) { return session.images().any_private(); });
  if (!any) return any.error();
  return *any ? db::Visibility::private_ : db::Visibility::public_;
}

Result<void> Checker::go_through_strays(CheckRun& run, const StrayFinder::Visit& visit) {
  run.progress.begin("looking for strays", 0);
  auto looked = strays_.each(visit, run.progress, run.stop);
  run.report.files = run.progress.done;
  return looked;
}

Result<void> Checker::report_stray(CheckRun& run, const storage::BlobKey& key) {
  auto entry = storage_.look(key);
  if (!entry) return entry.error();
  if (*entry == storage::Entry::nothing) return {};
  return run.found(*entry == storage::Entry::blob ? Problem::stray_file : Problem::not_a_file, key.text);
}

// One that cannot be mended does not keep others from it: it is there still when what is left is counted.
Result<void> Checker::mend_stray(CheckRun& run, const storage::BlobKey& key, db::Visibility adopt_as) {
  if (auto reported = report_stray(run, key); !reported) return reported;
  auto name = storage_.set_aside(key, storage::Aside::lost_and_found);
  if (!name && name.error().code == Errc::not_found) return {};
  auto repair = name ? salvage_.take(storage::Aside::lost_and_found, *name, adopt_as) : name.error();
  if (!repair) {
    ++run.failures;
    log_.error("a stray could not be mended", {{"file", key.text}, {"reason", explain(repair.error())}});
  }
  if (!name) return {};
  return run.repaired(repair && *repair ? **repair : Repair{Remedy::set_aside, key.text, "to lost+found"});
}

Result<void> Checker::give_up_lost_images(CheckRun& run) {
  run.progress.begin("giving up lost images", 0);
  std::optional<db::StoredFile> last;
  while (!run.stop.stop_requested()) {
    auto rows = db::read(database_,
                         [&](const db::Session& session) { return session.stored_files().damaged(last, page_size); });
    if (!rows) return rows.error();
    if (rows->empty()) return {};
    for (const auto& row : *rows) {
      if (auto done = give_up_if_lost(run, row); !done) return done;
    }
    last = std::move(rows->back());
  }
  return {};
}

Result<void> Checker::give_up_if_lost(CheckRun& run, const db::StoredFile& row) {
  auto entry = storage_.look({row.file_key});
  const bool is_given_up = row.deleted_at && entry && *entry == storage::Entry::nothing;
  if (row.purging || is_given_up) return {};
  auto given_up = mender_.give_up(row.id);
  if (!given_up) {
    log_.error("an image could not be mended", {{"file", row.file_key}, {"reason", explain(given_up.error())}});
    return {};
  }
  return *given_up ? run.repaired({Remedy::given_up, row.file_key, "to the trash"}) : Result<void>();
}

Result<void> Checker::look_for_left_overs(CheckRun& run) {
  Result<void> told;
  auto listed = storage_.list_leftovers([&](const std::string& name) {
    told = run.found(Problem::left_over, name);
    return told.has_value();
  });
  return told ? listed : told;
}

// They were never acknowledged.
Result<void> Checker::remove_left_overs(CheckRun& run) {
  if (auto looked = look_for_left_overs(run); !looked) return looked;
  if (!run.report.found.contains(Problem::left_over)) return {};
  auto removed = storage_.remove_leftovers();
  if (!removed) return removed.error();
  return run.repaired({Remedy::removed, "", std::to_string(*removed) + " left-over temporaries"});
}

// After a repair by looking again: what counts is what is there.
Result<void> Checker::count_what_is_left(CheckRun& run) {
  for (const auto where : {storage::Aside::lost_and_found, storage::Aside::quarantine}) {
    auto& count = where == storage::Aside::lost_and_found ? run.report.lost_and_found : run.report.quarantine;
    auto listed = storage_.list_aside(where, [&](const std::string&) { return ++count > 0; });
    if (!listed) return listed;
  }
  run.report.left = sum(run.report.found);
  if (!run.options.repair || run.report.left == 0 || !run.report.complete) return {};
  const CheckOptions options;
  const CheckListener silent{[](const Finding&) { return Result<void>(); },
                             [](const Repair&) { return Result<void>(); }};
  CheckRun again{options, silent, run.progress, run.stop};
  if (auto looked = look(again); !looked) return looked;
  run.report.left = sum(again.report.found);
  if (!again.report.complete) run.report.complete = false;
  return {};
}

}  // namespace lightfast::lifecycle
