#include "tests/jobs/jobs_bench.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/http_client.h"
#include "tests/support/places.h"
#include "tests/support/run_task.h"

namespace lightfast::jobs {
namespace {

providers::Registry registry_of(const providers::Api& replicate, HttpClient& client, Workers& cpu, const Clock& clock) {
  const providers::ProviderSettings settings{.replicate = replicate};
  return providers::Registry::open(settings, client, cpu, clock).value();
}

}  // namespace

JobsBench::JobsBench(const RunnerSettings& settings, const std::string& replicate_url)
    : database(std::make_unique<test::FailingDatabase>(
          db::open_sqlite({.path = folder.path() / "jobs.db"}, clock, log).value())),
      mender(std::make_unique<images::Mender>(*database, storage, clock, log, alerts)),
      decoder({.program = test::program_under_test(), .children = 1}, log),
      guard(IpNetwork::parse_list("127.0.0.1/32").value()),
      providers(registry_of({replicate_url.empty() ? replicate.base_url() : replicate_url, replicate.token()},
                            provider_client, cpu, clock)),
      downloader({download_client, guard, storage, writers, clock, timer_sleep()}, {}),
      ingest(storage, *database, *mender, decoder, room, cpu, readers, writers, ids, clock, log, {}, metrics),
      runner(store, ingest, downloader, providers, sources, ids, clock, log, metrics, alerts, ended, timer_sleep(),
             settings),
      service(context.get_executor(), store, runner, ended, answers, ids, clock, log) {}

// Other threads hold the executor for a moment after what they were asked for is done: it must not go before.
JobsBench::~JobsBench() {
  service.stop();
  context.restart();
  context.run_for(std::chrono::seconds(1));
}

db::JobRecord JobsBench::generation(db::JobState state, const std::string& prompt) const {
  JobRequest request;
  request.facts.origin = db::Origin::generate;
  request.facts.source.prompt = prompt;
  request.attempts = {{"replicate", "", "{}"}};
  db::JobRecord job{.id = ids.next("job_"), .user = request.facts.user, .image_id = ids.next_image_id()};
  job.state = state;
  job.request = request_to_json(request);
  job.created_at = job.updated_at = job.deadline = clock.now();
  if (state != db::JobState::queued) {
    job.provider = "replicate";
    job.model = "black-forest-labs/flux-schnell";
  }
  return job;
}

db::JobRecord JobsBench::import(const std::string& url) const {
  JobRequest request;
  request.facts.origin = db::Origin::import;
  request.source_url = url;
  db::JobRecord job{.id = ids.next("job_"), .user = request.facts.user, .image_id = ids.next_image_id()};
  job.kind = db::JobKind::import;
  job.state = db::JobState::fetching;
  job.request = request_to_json(request);
  job.source_url = url;
  job.outputs = outputs_to_json({{job.image_id, url}});
  job.created_at = job.updated_at = job.deadline = clock.now();
  return job;
}

void JobsBench::insert(const db::JobRecord& job) {
  db::commit_blocking(*database, [&](db::Session& session) { return session.jobs().insert(job); }).value();
}

void JobsBench::run() {
  service.recover().value();
  context.restart();
  context.run();
}

bool JobsBench::run_until(const std::function<bool()>& reached) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!reached() && std::chrono::steady_clock::now() < deadline) {
    context.restart();
    context.run_for(std::chrono::milliseconds(5));
  }
  return reached();
}

db::JobRecord JobsBench::get(const std::string& id) {
  return test::run_task(store.get(id)).value();
}

boost::json::object JobsBench::json_of(const std::string& id) {
  const JobView view = test::run_task(service.get(id)).value();
  return boost::json::parse(answers.job_json(view)).as_object();
}

bool JobsBench::is_stored(const ImageId& id) {
  return test::run_task(store.find_image(id)).value().has_value();
}

std::string JobsBench::predicted(const std::string& prompt) {
  const std::string url = replicate.base_url();
  test::HttpClient client(std::stoi(url.substr(url.rfind(':') + 1)));
  const auto response =
      client.send({.method = "POST",
                   .target = "/v1/models/black-forest-labs/flux-schnell/predictions",
                   .headers = {{"Authorization", "Bearer " + replicate.token()}},
                   .body = boost::json::serialize(boost::json::value{{"input", {{"prompt", prompt}}}})});
  return std::string(response.json().at("id").as_string());
}

}  // namespace lightfast::jobs
