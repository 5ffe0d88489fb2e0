#include "server/app.h"

#include <optional>

#include "base/cores.h"
#include "base/encoding.h"
#include "base/file_system.h"
#include "db/access.h"
#include "db/sqlite/sqlite_database.h"
#include "server/data_lock.h"
#include "server/startup_checks.h"
#include "storage/filesystem_storage.h"

namespace lightfast {
namespace {

constexpr std::size_t queue_limit = 4096;
constexpr unsigned writer_threads = 8;  // more fsyncing threads were slower

unsigned cores() {
  return std::max(2u, usable_cores());
}

Result<void> make_folders(const Config& config) {
  std::error_code problem;
  for (const auto& folder : {config.images, config.database.parent_path()}) {
    std::filesystem::create_directories(folder, problem);
    if (problem) return Error{Errc::not_configured, folder.string() + " cannot be made: " + problem.message()};
  }
  return {};
}

// A damaged one is never replaced: as long as it tells of images, it is read, and left as it is.
Result<std::unique_ptr<db::Database>> open_database(const Config& config, const Places& places, Ballast& ballast,
                                                    const Clock& clock, Logger& log) {
  auto database =
      db::open_sqlite({.path = config.database, .may_be_new = places.images_empty, .ballast = &ballast}, clock, log);
  if (database || database.error().code != Errc::damaged) return database;
  auto readable =
      db::open_sqlite({.path = config.database, .read_only = true, .damage = database.error().detail}, clock, log);
  const auto tells = !readable ? Result<db::StoredFiles::Files>(readable.error())
                               : db::read(**readable, [](const db::Session& session) {
                                   return session.stored_files().by_id(std::nullopt, 1);
                                 });
  return tells ? std::move(readable) : std::move(database);
}

// That a volume which is not mounted is no empty store. A damaged database may not know what it holds.
Result<void> require_images(db::Database& database, const Places& places, const Config& config,
                            const storage::DataLayout& layout) {
  auto known = db::read(database, [](const db::Session& session) -> Result<std::uint64_t> {
    auto totals = session.users().everybody();
    if (!totals) return totals.error();
    return totals->images + totals->trash_images;
  });
  if (!known) return known.error().code == Errc::damaged ? Result<void>() : known.error();
  return check_images_present(places, config, layout.quarantine, *known);
}

// Made at the first start, and kept in the database from then on.
Result<std::string> instance_of(db::Database& database) {
  auto known =
      db::read(database, [](const db::Session& session) { return session.settings().find(db::instance_setting); });
  if (!known) return known.error();
  if (*known) return std::move(**known);
  return db::commit_blocking(database, [](db::Session& session) -> Result<std::string> {
    std::string made = to_hex(random_bytes(8));
    if (auto kept = session.settings().set(db::instance_setting, made); !kept) return kept.error();
    return made;
  });
}

}  // namespace

lifecycle::RetentionLimits retention_limits(const Config& config, std::uint64_t min_free_bytes) {
  return {retention_rule(config), config.storage_max_bytes, min_free_bytes};
}

images::RetentionRule retention_rule(const Config& config) {
  return {config.max_age_days,
          config.per_user_images,
          config.per_user_bytes,
          config.user_limit_policy == UserLimitPolicy::reject,
          config.trash_days,
          config.keep_versions,
          config.cdn_base_url.empty() ? images::EvictionOrder::least_recently_accessed : images::EvictionOrder::oldest};
}

// What storage and database are opened with, before anything else is there.
struct Ground {
  Ground(const storage::DataLayout& layout, Logger& log) : ballast(files, layout.ballast, log) {}

  PosixFileSystem files;
  SystemClock clock;
  IdGenerator ids{clock};
  Ballast ballast;
};

// What the ballast lacks is not free. A file system that fails may let nothing be written, and yet say nothing of it:
// the lock is there to be tried.
Result<SpaceStatus> look_beside_database(Ground& ground, const storage::DataLayout& layout) {
  auto space = ground.files.space(layout.database.parent_path());
  if (!space) return space;
  space->free_bytes -= std::min(space->free_bytes, ground.ballast.missing_bytes());
  auto tried = ground.files.try_writing(layout.lock);
  if (!tried && tried.error().code != Errc::read_only) return tried.error();
  space->is_read_only = space->is_read_only || !tried;
  return space;
}

Result<storage::DiskRoom> open_room(const Config& config, const storage::DataLayout& layout, bool same_device,
                                    storage::Storage& storage, Ground& ground) {
  const auto images = storage.space();
  if (!images) return images.error();
  const auto beside = ground.files.space(layout.database.parent_path());
  if (!beside) return beside.error();
  const std::uint64_t wanted = config.min_free_bytes;
  const std::uint64_t least = wanted > 0 ? wanted : storage::usual_min_free_bytes(images->capacity_bytes);
  const std::uint64_t usual_beside = storage::usual_min_free_bytes(beside->capacity_bytes);
  const auto look_beside = [&ground, layout] { return look_beside_database(ground, layout); };
  if (same_device) return storage::DiskRoom({look_beside, least});
  return storage::DiskRoom(
      {[&storage] { return storage.space(); }, least},
      storage::DiskRoom::Disk{look_beside, wanted > 0 ? std::min(wanted, usual_beside) : usual_beside});
}

// In the order of their making; destroyed the other way round, so that workers end before what they work on.
struct App::Parts {
  Parts(const Config& c, Logger& l, std::unique_ptr<Ground> g, storage::DataLayout where, DataLock held,
        std::unique_ptr<storage::Storage> bytes, std::unique_ptr<db::Database> facts, storage::DiskRoom free)
      : config(c),
        log(l),
        ground(std::move(g)),
        layout(std::move(where)),
        lock(std::move(held)),
        storage(std::move(bytes)),
        database(std::move(facts)),
        room(std::move(free)),
        limits{{c.image_max_bytes, c.image_max_pixels, c.image_max_side}, retention_rule(c)} {}

  Result<std::unique_ptr<db::Database>> open_copy(const std::filesystem::path& path) const {
    return db::open_sqlite({.path = path, .read_only = true, .is_frozen = true}, ground->clock, log);
  }

  const Config config;
  Logger& log;
  std::unique_ptr<Ground> ground;
  const storage::DataLayout layout;
  DataLock lock;
  Metrics metrics;
  Alerts alerts{ground->clock};
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<db::Database> database;
  const storage::DiskRoom room;
  const ingest::IngestLimits limits;
  std::string instance;
  imaging::Decoder decoder{{.program = "/proc/self/exe", .children = cores()}, log};
  Workers cpu{"cpu", cores(), queue_limit};
  Workers readers{"read", 2 * cores(), queue_limit};
  Workers writers{"write", writer_threads, queue_limit};
  images::ImageUrls urls{config.public_base_url, config.cdn_base_url};
  images::DeletionGate deletions;
  images::Eraser eraser{*database, *storage, deletions, ground->clock};
  images::ImageService images{*database, eraser, readers, writers, ground->clock, log, limits.retention};
  images::CollectionService collections{*database, readers, log};
  images::Mender mender{*database, *storage, ground->clock, log, alerts};
  images::ImageOpener opener{*database, *storage, mender, readers, log};
  images::AccessRecorder accesses{*database, ground->clock, log};
  Sleeper sleeper;
  ingest::AddressGuard guard{config.download_allow_networks};
  HttpClient provider_client{{.name = "providers"}};
  HttpClient drop_in_client{{.name = "drop-ins", .max_connections = 1024}};
  HttpClient download_client{ingest::download_client_options(guard)};
  ingest::Downloader downloader{{download_client, guard, *storage, writers, ground->clock, sleeper.sleep()},
                                {config.image_max_bytes, std::chrono::seconds(config.download_timeout_seconds)}};
  std::optional<providers::Registry> providers;
  ingest::IngestService ingest{*storage, *database,   mender,        decoder, room,   cpu,    readers,
                               writers,  ground->ids, ground->clock, log,     limits, metrics};
  ingest::Adopter adopter{*storage, *database, decoder, ingest.in_flight(), ground->clock, log, limits.image};
  lifecycle::Upkeep upkeep{
      {*database, *storage, room, eraser, mender, accesses, adopter, ingest.in_flight(), ground->clock, log},
      retention_limits(config, room.min_free_bytes())};
  images::UserService users{*database,     eraser, readers,          writers,
                            ground->clock, log,    limits.retention, upkeep.stopping.get_token()};
  lifecycle::Backup backup{{*database, *storage, deletions, accesses, ground->files, layout, instance,
                            [this](const std::filesystem::path& copy) { return open_copy(copy); }, ground->clock, log}};
};

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
App::~App() = default;

storage::DataLayout App::layout_of(const Config& config) {
  auto places = check_places(config);
  return storage::data_layout(config.images, config.database, !places || places->same_device);
}

Result<std::unique_ptr<App>> App::open(const Config& config, Logger& log, OpenMode mode) {
  auto places = check_places(config);
  if (!places) return places.error();
  if (mode == OpenMode::existing && !places->database_exists) {
    return Error{Errc::conflict, "there is no database at " + config.database.string() +
                                     ": set IMAGE_STORAGE_PATH or DATABASE_PATH to where the data lies"};
  }
  if (auto made = make_folders(config); !made) return made.error();
  storage::DataLayout layout = storage::data_layout(config.images, config.database, places->same_device);
  auto lock = DataLock::take(layout.lock);
  if (!lock) return lock.error();

  auto ground = std::make_unique<Ground>(layout, log);
  auto storage = storage::FilesystemStorage::open_root(ground->files, layout);
  if (!storage) return storage.error();
  if (mode == OpenMode::create) {
    if (auto removed = (*storage)->remove_leftovers(); !removed) return removed.error();
  }
  auto database = open_database(config, *places, ground->ballast, ground->clock, log);
  if (!database) return database.error();
  if (auto present = require_images(**database, *places, config, layout); !present) return present.error();
  auto room = open_room(config, layout, places->same_device, **storage, *ground);
  if (!room) return room.error();

  auto parts = std::make_unique<Parts>(config, log, std::move(ground), std::move(layout), std::move(*lock),
                                       std::move(*storage), std::move(*database), std::move(*room));
  // A database that cannot be written has, or does without, one.
  if (auto instance = instance_of(*parts->database)) parts->instance = std::move(*instance);
  auto providers =
      providers::Registry::open(config.providers, parts->provider_client, parts->cpu, parts->ground->clock);
  if (!providers) return Error{Errc::not_configured, "DEFAULT_PROVIDER: " + providers.error().detail};
  parts->providers.emplace(std::move(*providers));
  return std::unique_ptr<App>(new App(std::move(parts)));
}

const Config& App::config() const {
  return parts_->config;
}
const storage::DataLayout& App::layout() const {
  return parts_->layout;
}
const std::string& App::instance() const {
  return parts_->instance;
}
const Clock& App::clock() const {
  return parts_->ground->clock;
}
const IdGenerator& App::ids() const {
  return parts_->ground->ids;
}
Logger& App::log() {
  return parts_->log;
}
Alerts& App::alerts() {
  return parts_->alerts;
}
Metrics& App::metrics() {
  return parts_->metrics;
}
std::vector<const Workers*> App::worker_pools() const {
  return {&parts_->cpu, &parts_->readers, &parts_->writers, &parts_->upkeep.workers};
}
Workers& App::cpu() {
  return parts_->cpu;
}
Workers& App::readers() {
  return parts_->readers;
}
storage::Storage& App::storage() {
  return *parts_->storage;
}
const storage::DiskRoom& App::room() const {
  return parts_->room;
}
Ballast& App::ballast() {
  return parts_->ground->ballast;
}
db::Database& App::database() {
  return *parts_->database;
}
images::ImageService& App::images() {
  return parts_->images;
}
images::UserService& App::users() {
  return parts_->users;
}
images::CollectionService& App::collections() {
  return parts_->collections;
}
images::Eraser& App::eraser() {
  return parts_->eraser;
}
images::ImageOpener& App::opener() {
  return parts_->opener;
}
images::AccessRecorder& App::accesses() {
  return parts_->accesses;
}
images::ImageUrls& App::urls() {
  return parts_->urls;
}
lifecycle::Backup& App::backup() {
  return parts_->backup;
}
lifecycle::Upkeep& App::upkeep() {
  return parts_->upkeep;
}
ingest::IngestService& App::ingest() {
  return parts_->ingest;
}
ingest::Downloader& App::downloader() {
  return parts_->downloader;
}
providers::Registry& App::providers() {
  return *parts_->providers;
}
HttpClient& App::provider_client() {
  return parts_->provider_client;
}
HttpClient& App::drop_in_client() {
  return parts_->drop_in_client;
}
HttpClient& App::download_client() {
  return parts_->download_client;
}
Sleep App::sleep() const {
  return parts_->sleeper.sleep();
}

void App::close_clients() {
  parts_->sleeper.stop();
  parts_->provider_client.close();
  parts_->drop_in_client.close();
  parts_->download_client.close();
}

}  // namespace lightfast
