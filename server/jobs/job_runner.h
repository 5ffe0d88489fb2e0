// Takes one job from wherever it stands to its end: calls the provider, waits for it, fetches what it made. Every step
// that must not be done twice is in the database before it is done, so that after a crash another runner goes on from
// the row. All of it runs on one executor, which only waits. The steps lie in job_calling.cpp (up to the provider's
// answer) and job_fetching.cpp (from there to the images), what drives them in job_runner.cpp.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/alerts.h"
#include "base/log.h"
#include "base/sleep.h"
#include "server/ingest/downloader.h"
#include "server/ingest/ingest_service.h"
#include "server/jobs/job.h"
#include "server/jobs/job_metrics.h"
#include "server/jobs/job_store.h"
#include "server/jobs/source_images.h"
#include "server/jobs/urgency_queue.h"
#include "server/jobs/waiters.h"
#include "server/providers/registry.h"

namespace lightfast::jobs {

struct RunnerSettings {
  std::chrono::seconds provider_timeout{300};
  bool hosting_enabled = true;
  std::string webhook_base_url;   // https address of ours that providers may report to; empty: none
  unsigned downloads = 64;        // at the same time
  unsigned calls = 200;           // create calls at the same time, per provider; others are still to be sent
  unsigned calls_with_bytes = 8;  // the same of those that hold images
  std::chrono::milliseconds record_pause{500};  // between tries to record a job's progress
};

class JobRunner {
 public:
  JobRunner(JobStore& store, ingest::IngestService& ingest, ingest::Downloader& downloader,
            const providers::Registry& providers, SourceImages& sources, const IdGenerator& ids, const Clock& clock,
            Logger& log, Metrics& metrics, Alerts& alerts, Waiters& ended, Sleep sleep, const RunnerSettings& settings);

  // Until the job has ended or the runner is stopped; then `ended` is notified with the job's id.
  Task<void> run(db::JobRecord job);

  // Something was heard of this job from outside: it goes on now instead of waiting on, or of beginning to.
  void nudge(const std::string& job_id);

  // Lets every job stand where it stands; what answers still come in are not recorded.
  void stop();

  // Those under way; not those that only wait to try hosting again.
  std::size_t active() const { return metrics_.active; }
  std::uint64_t missed() const { return metrics_.missed.value(); }  // outputs that faded before they could be fetched

 private:
  struct Course;  // a job on its way

  Task<void> take_up(Course& course);
  Task<void> step(Course& course);
  Task<void> call_provider(Course& course);
  Task<Result<providers::CreateOutcome>> create(Course& course, providers::Provider& provider);
  Task<Result<providers::CreateOutcome>> create_once(Course& course, providers::Provider& provider);
  Task<void> put_back(Course& course);
  Task<void> find_lost_prediction(Course& course, Error lost, bool was_answered);
  Task<Result<std::optional<providers::Prediction>>> look_for_prediction(Course& course, providers::Provider& provider);
  Task<void> poll_provider(Course& course);
  Task<void> fetch_outputs(Course& course);
  Task<void> settle(Course& course);
  Task<void> ask_again(Course& course);
  bool may_try_again(const Course& course) const;
  Task<Result<ingest::StoredImage>> fetch(Course& course, std::size_t index);
  Task<Result<ingest::StoredImage>> download_and_store(ingest::DownloadRequest request, ingest::NewImage facts);
  Task<void> conclude(Course& course);
  Task<void> adopt(Course& course, providers::Prediction prediction);
  void take_outputs(Course& course, providers::Prediction prediction);
  Task<void> give_up_attempt(Course& course, Error error);
  Task<void> end_short(Course& course, Error error);
  Task<void> record(Course& course);
  Task<Result<void>> record_soon(Course& course);  // within a second or so, or not at all
  Task<void> pause(Course& course, std::chrono::milliseconds time);
  ingest::DownloadRequest download_request(const Course& course, const std::string& url) const;
  Task<Result<providers::GenerationRequest>> generation_request(const Course& course);
  void sign_sources(Course& course);
  UrgencyQueue& queue_of(const Course& course);
  Error without_secrets(Error error) const;

  JobStore& store_;
  ingest::IngestService& ingest_;
  ingest::Downloader& downloader_;
  const providers::Registry& providers_;
  SourceImages& sources_;
  const IdGenerator& ids_;
  const Clock& clock_;
  Logger& log_;
  JobMetrics metrics_;
  Alerts& alerts_;
  Waiters& ended_;
  Sleep sleep_;
  RunnerSettings settings_;
  UrgencyQueue queue_;
  std::map<std::string, UrgencyQueue> calls_;         // by provider, and whether they hold images
  std::unordered_set<std::string> adopted_;           // predictions that were found for jobs whose answer was lost
  std::unordered_map<std::string, Course*> courses_;  // those under way, by the job's id
  bool stopping_ = false;
};

}  // namespace lightfast::jobs
