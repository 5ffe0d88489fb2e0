// Jobs on real parts around a fake provider: a database in a folder of its own, images in memory, one executor. Rows
// are put in as a crash would have left them, taken up, and run to their end. One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "db/access.h"
#include "db/sqlite/sqlite_database.h"
#include "server/jobs/job_service.h"
#include "tests/jobs/failing_database.h"
#include "tests/support/fake_replicate.h"
#include "tests/support/memory_storage.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::jobs {

class JobsBench {
 public:
  // `replicate_url`: where Replicate is instead of at the fake.
  explicit JobsBench(const RunnerSettings& settings = {}, const std::string& replicate_url = {});
  ~JobsBench();

  // A generation of replicate's with this prompt, not in the database yet.
  db::JobRecord generation(db::JobState state, const std::string& prompt = "a pier") const;
  // An import of this URL, the same.
  db::JobRecord import(const std::string& url) const;
  void insert(const db::JobRecord& job);
  // Takes up what is there and waits until nothing is left to do.
  void run();
  // The same until `reached`, within some seconds.
  bool run_until(const std::function<bool()>& reached);
  db::JobRecord get(const std::string& id);
  boost::json::object json_of(const std::string& id);
  bool is_stored(const ImageId& id);
  // A prediction that exists at the provider, as if a call's answer had been lost; gives its id.
  std::string predicted(const std::string& prompt = "a pier");

  test::FakeReplicate replicate;
  SystemClock clock;
  Logger log{LogLevel::error, LogFormat::text};
  IdGenerator ids{clock};
  Metrics metrics;
  Alerts alerts{clock};
  test::TemporaryFolder folder;
  std::unique_ptr<test::FailingDatabase> database;
  test::MemoryStorage storage;
  storage::DiskRoom room{{[this] { return storage.space(); }}};
  std::unique_ptr<images::Mender> mender;
  imaging::Decoder decoder;
  Workers cpu{"cpu", 2, 1000}, readers{"read", 2, 1000}, writers{"write", 2, 1000};
  ingest::AddressGuard guard;
  HttpClient provider_client{{}};
  HttpClient download_client{ingest::download_client_options(guard)};
  images::ImageUrls urls{"https://images.example.com", ""};
  providers::Registry providers;
  ingest::Downloader downloader;
  ingest::IngestService ingest;
  boost::asio::io_context context{1};
  JobStore store{*database, readers, clock};
  Waiters ended;
  JobAnswers answers{urls, {}};
  images::UrlSigner signer{{"a signing key"}};
  images::ImageOpener opener{*database, storage, *mender, readers, log};
  SourceImages sources{urls, signer, opener, readers, std::chrono::seconds(300)};
  JobRunner runner;
  JobService service;
};

}  // namespace lightfast::jobs
