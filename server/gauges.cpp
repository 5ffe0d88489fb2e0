#include "server/gauges.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "db/access.h"

namespace lightfast {
namespace {

double as_number(std::uint64_t value) {
  return static_cast<double>(value);
}

void add_store(MetricSamples& samples, App& app) {
  auto totals = db::read(app.database(), [](const db::Session& session) { return session.users().everybody(); });
  if (totals) {
    samples.gauge("lightfast_images", "Images that are served.", as_number(totals->images));
    samples.gauge("lightfast_image_bytes", "Bytes of the images that are served.", as_number(totals->bytes));
    samples.gauge("lightfast_trash_images", "Removed images that can be restored.", as_number(totals->trash_images));
    samples.gauge("lightfast_trash_bytes", "Bytes of the trash.", as_number(totals->trash_bytes));
    samples.counter("lightfast_served_bytes_total", "Bytes of images served since the store was made.",
                    as_number(totals->served_bytes));
  }
  samples.gauge("lightfast_database_up", "1: the database can be read.", totals ? 1 : 0);
  samples.gauge("lightfast_database_log_bytes",
                "What is committed but not yet moved to its final place (SQLite's WAL).",
                as_number(app.database().log_bytes()));
}

void add_disk(MetricSamples& samples, App& app) {
  const auto space = app.room().images_disk();
  if (space) {
    samples.gauge("lightfast_disk_free_bytes", "Free bytes on the images' volume.", as_number(space->free_bytes));
    samples.gauge("lightfast_disk_size_bytes", "Size of the images' volume.", as_number(space->capacity_bytes));
  }
  samples.gauge("lightfast_disk_min_free_bytes", "Free bytes under which new images are refused.",
                as_number(app.room().min_free_bytes()));
  samples.gauge("lightfast_images_accepted", "1: new images are accepted.", app.room().require(0) ? 1 : 0);
}

void add_cleanups(MetricSamples& samples, App& app) {
  auto runs = db::read(app.database(), [](const db::Session& session) { return session.cleanup_runs().latest(1); });
  if (!runs || runs->empty()) return;
  const db::CleanupRun& last = runs->front();
  const auto finished = std::chrono::duration<double>(last.finished_at.time_since_epoch()).count();
  samples.gauge("lightfast_cleanup_last_finished_timestamp_seconds", "When the last cleanup ended.", finished);
  samples.gauge("lightfast_cleanup_last_errors", "What the last cleanup could not remove.", as_number(last.errors));
  for (const auto& [reason, sum] : last.taken) {
    samples.gauge("lightfast_cleanup_last_images", "Images that the last cleanup took, by reason.",
                  as_number(sum.images), {{"reason", reason}});
    samples.gauge("lightfast_cleanup_last_bytes", "Bytes that the last cleanup took, by reason.", as_number(sum.bytes),
                  {{"reason", reason}});
  }
}

void add_queues(MetricSamples& samples, App& app) {
  for (const Workers* pool : app.worker_pools()) {
    samples.gauge("lightfast_queue_length", "Work that waits for a thread, by pool.", as_number(pool->queued()),
                  {{"pool", pool->name()}});
  }
}

// Of /proc/self/stat, after the name in parentheses: field 22 is the start in ticks since boot (proc(5)).
std::optional<double> started_at_seconds() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  std::ifstream uptime_file("/proc/uptime");
  double uptime = 0;
  if (!(uptime_file >> uptime) || field.empty()) return std::nullopt;
  const double since_boot = std::stod(field) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return now - uptime + since_boot;
}

double open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  double count = -3;  // ".", ".." and the folder itself
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The names that every exporter uses: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
void add_process(MetricSamples& samples, double started_at) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  samples.counter("process_cpu_seconds_total", "CPU time used, user and system.",
                  seconds(usage.ru_utime) + seconds(usage.ru_stime));
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  if (statm >> pages >> resident) {
    samples.gauge("process_resident_memory_bytes", "Resident memory.",
                  as_number(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  samples.gauge("process_open_fds", "Open file descriptors.", open_descriptors());
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  samples.gauge("process_max_fds", "Most file descriptors that may be open.", as_number(descriptors.rlim_cur));
  samples.gauge("process_start_time_seconds", "When the process started.", started_at);
}

}  // namespace

void add_gauges(Metrics& metrics, App& app) {
  const double started_at = started_at_seconds().value_or(0);
  metrics.on_scrape([&app, started_at](MetricSamples& samples) {
    add_store(samples, app);
    add_disk(samples, app);
    add_cleanups(samples, app);
    add_queues(samples, app);
    add_process(samples, started_at);
    samples.gauge("lightfast_build_info", "1, labelled with what runs.", 1, {{"version", LIGHTFAST_VERSION}});
  });
}

}  // namespace lightfast
