// Carries out what retention decides, in small transactions, so that it can be interrupted at any point and continued
// the next time. The daily run, the command and the admin call are doors to this one. Blocking; any thread; one cleanup
// at a time, others wait.
#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "server/images/access_recorder.h"
#include "server/images/eraser.h"
#include "server/lifecycle/progress.h"
#include "server/lifecycle/retention.h"
#include "storage/disk_room.h"

namespace lightfast::lifecycle {

struct CleanupOptions {
  enum class Mode { carry_out, dry_run };
  enum class Extent { everything, space };

  Mode mode = Mode::carry_out;
  Extent extent = Extent::everything;
  RetentionScope scope;
  std::optional<Timestamp> as_of;  // with dry_run: what would go then
  std::string trigger;             // who asked for it: daily, low_disk, command, api
};

struct CleanupReport {
  Timestamp started_at{};
  Timestamp finished_at{};
  Plan taken;  // or what would be, with dry_run
  std::map<Reason, Sum> sums;
  std::uint64_t errors = 0;
  std::string error;     // the first one
  bool complete = true;  // false: it was stopped, or a dry run found more than it can hold
};

class Cleaner {
 public:
  Cleaner(db::Database& database, const storage::DiskRoom& room, images::Eraser& eraser,
          images::AccessRecorder& accesses, const Clock& clock, Logger& log, const RetentionLimits& limits);

  // Errc::invalid_request for `as_of` without dry_run. An error of the database or the storage ends the cleanup; what
  // it took until then stays taken.
  Result<CleanupReport> run(const CleanupOptions& options, Progress& progress, const std::stop_token& stop);

  const RetentionLimits& limits() const { return limits_; }
  bool runs_low() const;  // so little disk, or so few inodes, are free that a cleanup is due at once

 private:
  struct Run;  // one cleanup under way
  Result<void> date_anew(const std::stop_token& stop);
  Result<Plan> plan(const CleanupOptions& options, Timestamp now) const;
  Result<void> carry_out(Run& run, const Plan& plan);
  Result<void> carry_out_batch(Run& run, const std::vector<Decision>& batch);
  Result<std::vector<ImageId>> move_to_trash(const Run& run, const std::vector<Decision>& batch);
  Result<std::vector<ImageId>> erase(Run& run, const std::vector<Decision>& batch);
  void record(const Run& run);

  db::Database& database_;
  const storage::DiskRoom& room_;
  images::Eraser& eraser_;
  images::AccessRecorder& accesses_;
  const Clock& clock_;
  Logger& log_;
  const RetentionLimits limits_;
  std::mutex one_at_a_time_;
};

}  // namespace lightfast::lifecycle
