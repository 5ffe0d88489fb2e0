#include <sys/stat.h>
#include <sys/timex.h>

#include <algorithm>

#include "db/access.h"
#include "db/sqlite/sqlite_database.h"
#include "server/commands/doctor_checks.h"

namespace lightfast::commands {
namespace {

constexpr std::size_t shortest_good_key = 20;

struct Told {
  std::uint64_t images = 0;
  KnownFacts facts;
};

Result<Told> ask(db::Database& database, Timestamp now) {
  return db::read(database, [now](const db::Session& session) -> Result<Told> {
    auto totals = session.users().everybody();
    if (!totals) return totals.error();
    auto newest = session.retention().newest_time();
    if (!newest) return newest.error();
    auto instance = session.settings().find(db::instance_setting);
    if (!instance) return instance.error();
    auto keys = session.api_keys().list();
    if (!keys) return keys.error();
    const auto is_usable = [now](const db::ApiKeyRecord& key) {
      return !key.revoked_at && (!key.expires_at || *key.expires_at > now);
    };
    const auto usable = std::count_if(keys->begin(), keys->end(), is_usable);
    return Told{totals->images + totals->trash_images,
                {instance->value_or(""), *newest, static_cast<std::size_t>(usable)}};
  });
}

}  // namespace

KnownFacts check_database(const Config& config, const Clock& clock, Checks& checks) {
  std::error_code problem;
  if (!std::filesystem::exists(config.database, problem)) {
    checks.push_back(
        {"database", Verdict::ok, "none yet at " + config.database.string() + "; the first start makes it", ""});
    return {};
  }
  const std::string advice =
      "do not start over it: stop the server, keep a copy of the folder, and start on the last backup "
      "(docs/operations.md)";
  Logger log(LogLevel::error, config.log_format);
  const db::SqliteOptions options{.path = config.database, .read_only = true};
  auto database = db::open_sqlite(options, clock, log);
  if (!database) {
    checks.push_back({"database", Verdict::failed, explain(database.error()), advice});
    return {};
  }
  auto told = ask(**database, clock.now());
  auto sound = (*database)->quick_check();
  if (!told || !sound) {
    checks.push_back({"database", Verdict::failed, explain(told ? sound.error() : told.error()), advice});
    return told ? told->facts : KnownFacts{};
  }
  checks.push_back({"database", Verdict::ok,
                    config.database.string() + " is sound and knows " + std::to_string(told->images) + " images", ""});
  return told->facts;
}

void check_clock(const Clock& clock, const KnownFacts& facts, Checks& checks) {
  const Timestamp now = clock.now();
  if (facts.newest_time && now < *facts.newest_time) {
    checks.push_back({"clock", Verdict::failed,
                      "it is " + to_iso8601(now) + ", but the newest record is of " + to_iso8601(*facts.newest_time),
                      "set the clock: the daily cleanup waits until then"});
    return;
  }
  timex state{};
  if (::adjtimex(&state) == TIME_ERROR) {
    checks.push_back({"clock", Verdict::warning,
                      "it is " + to_iso8601(now) + "; the kernel says that nothing keeps it right",
                      "run a time service (NTP) on the host: ages and signatures go by the clock"});
    return;
  }
  checks.push_back({"clock", Verdict::ok, "it is " + to_iso8601(now), ""});
}

void check_keys(const Config& config, const storage::DataLayout& layout, const KnownFacts& facts, Checks& checks) {
  for (const auto& key : config.api_keys) {
    if (key.size() >= shortest_good_key) continue;
    checks.push_back({"keys", Verdict::warning,
                      "a key of API_KEYS has only " + std::to_string(key.size()) + " characters",
                      "use long random ones: openssl rand -hex 24"});
    return;
  }
  if (!config.api_keys.empty()) {
    checks.push_back({"keys", Verdict::ok, std::to_string(config.api_keys.size()) + " in API_KEYS", ""});
    return;
  }
  if (facts.usable_keys > 0) {
    checks.push_back({"keys", Verdict::ok, std::to_string(facts.usable_keys) + " in the database", ""});
    return;
  }
  struct stat status {};
  if (::stat(layout.api_key.c_str(), &status) != 0) {
    checks.push_back({"keys", Verdict::ok, "none yet; the first start writes one to " + layout.api_key.string(), ""});
  } else if ((status.st_mode & 077) != 0) {
    checks.push_back({"keys", Verdict::failed, layout.api_key.string() + " can be read by others",
                      "chmod 600 " + layout.api_key.string()});
  } else {
    checks.push_back({"keys", Verdict::ok, "the generated one in " + layout.api_key.string(), ""});
  }
}

}  // namespace lightfast::commands
