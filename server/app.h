// The composition root: everything that the program is made of but HTTP, built once from the configuration and handed
// to whoever needs it by reference. `serve` puts the HTTP server on top; commands use it as it is.
#pragma once

#include <memory>
#include <vector>

#include "base/alerts.h"
#include "base/ballast.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/config.h"
#include "server/images/access_recorder.h"
#include "server/images/collection_service.h"
#include "server/images/image_opener.h"
#include "server/images/image_service.h"
#include "server/images/image_urls.h"
#include "server/images/user_service.h"
#include "server/ingest/downloader.h"
#include "server/ingest/ingest_service.h"
#include "server/lifecycle/backup.h"
#include "server/lifecycle/upkeep.h"
#include "server/providers/registry.h"
#include "storage/blob_path.h"
#include "storage/disk_room.h"

namespace lightfast {

enum class OpenMode { create, existing };

class App {
 public:
  // Looks at the places, takes the data lock, opens storage and database, and makes what folders are missing; with
  // OpenMode::existing a database is never made (Errc::conflict), and nothing that a crash left is removed.
  // Errors are for the terminal: Errc::not_configured (exit code 2), anything else (1).
  static Result<std::unique_ptr<App>> open(const Config& config, Logger& log, OpenMode mode);
  ~App();

  // Where things lie, without opening any of them.
  static storage::DataLayout layout_of(const Config& config);

  const Config& config() const;
  const storage::DataLayout& layout() const;
  const std::string& instance() const;  // tells this installation from others, for anybody to see
  const Clock& clock() const;
  const IdGenerator& ids() const;
  Logger& log();
  Metrics& metrics();
  Alerts& alerts();
  Workers& readers();
  Workers& cpu();
  std::vector<const Workers*> worker_pools() const;
  storage::Storage& storage();
  const storage::DiskRoom& room() const;
  Ballast& ballast();
  db::Database& database();
  images::ImageService& images();
  images::CollectionService& collections();
  images::UserService& users();
  images::Eraser& eraser();
  images::ImageOpener& opener();
  images::AccessRecorder& accesses();
  images::ImageUrls& urls();
  lifecycle::Upkeep& upkeep();
  lifecycle::Backup& backup();
  ingest::IngestService& ingest();
  ingest::Downloader& downloader();
  providers::Registry& providers();
  Sleep sleep() const;
  HttpClient& provider_client();  // calls whom the configuration names
  HttpClient& drop_in_client();   // calls the same for others, whose calls may last
  HttpClient& download_client();  // reaches only where downloads may

  // Ends the calls to other servers, and the waiting between them, that are under way; later ones fail at once.
  void close_clients();

 private:
  struct Parts;
  explicit App(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

images::RetentionRule retention_rule(const Config& config);

}  // namespace lightfast
