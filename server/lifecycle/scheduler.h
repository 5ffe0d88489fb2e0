// Runs cleanups without being asked: once a day, and at once where the disk runs low. Decides by daily_schedule, cleans
// by Cleaner; does not wait, but is called again and again. One thread at a time.
#pragma once

#include "base/alerts.h"
#include "server/lifecycle/cleaner.h"
#include "server/lifecycle/daily_schedule.h"

namespace lightfast::lifecycle {

class Scheduler {
 public:
  struct Options {
    std::optional<std::chrono::minutes> time_of_day;  // absent: no daily cleanup
    UtcOffset utc_offset;
  };

  Scheduler(Cleaner& cleaner, const storage::DiskRoom& room, db::Database& database, const Clock& clock, Logger& log,
            Alerts& alerts, Options options);

  // Looks at the clock and the disk, says where new images are refused, and cleans up where it is time. To be called
  // every second or so. Blocking: as long as the cleanup takes.
  void step(const std::stop_token& stop);

 private:
  void step_room();
  void step_daily(const std::stop_token& stop);
  void step_low_disk(const std::stop_token& stop);
  Result<DailySituation> look();
  void report(DailyVerdict verdict, const DailySituation& situation);
  void run_daily(DailyVerdict verdict, Timestamp now, const std::stop_token& stop);
  void remember_run(Timestamp time);
  Result<CleanupReport> clean(CleanupOptions::Extent extent, std::string trigger, const std::stop_token& stop);

  Cleaner& cleaner_;
  const storage::DiskRoom& room_;
  db::Database& database_;
  const Clock& clock_;
  Logger& log_;
  Alerts& alerts_;
  const Options options_;
  ClockWatch watch_;
  std::optional<Timestamp> last_run_;  // also one that failed: the next one comes a day later
  DailyVerdict told_ = DailyVerdict::not_yet;
  std::optional<SteadyTime> next_low_disk_;  // when nothing could be removed
  std::optional<Errc> refusal_;              // why new images are refused, as it was told
};

}  // namespace lightfast::lifecycle
