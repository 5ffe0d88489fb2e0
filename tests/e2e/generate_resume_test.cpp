// A generation outlives the process that began it: kill -9 and SIGTERM at every state of its job.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

void kill_and_start(GeneratingServer& it) {
  it.server.process().kill();
  it.server.process().start();
}

// The job ends well, with these bytes at the URL that was promised, paid for once.
void check_finished(GeneratingServer& it, const json::object& promise, const std::string& bytes) {
  const json::object job = it.ended_job(text(promise, "job_id"));
  INFO(json::serialize(job));
  CHECK(text(job, "status") == "succeeded");
  CHECK(it.server.get(it.server.path_of(promise)).body == bytes);
  CHECK(it.server.image_files().size() == 1);
  CHECK(it.server.leftovers() == std::set<std::string>{});
}

TEST_CASE("resume: killed while the provider is being called, the prediction is found and not paid for again") {
  GeneratingServer it;
  Gate accepted;
  it.replicate.when_created([&](const std::string&) { accepted.pass(); });
  const json::object promise = it.promised("a pier");
  accepted.await();
  it.server.process().kill();
  accepted.open();
  it.server.process().start();
  check_finished(it, promise, png(1));
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE("resume: killed while the provider's rate limit is waited out, it is called again") {
  GeneratingServer it;
  it.replicate.fail_creates({throttled(100)});
  const json::object promise = it.promised("a pier");
  REQUIRE(
      eventually([&] { return it.server.process().log().find("a provider refused for now") != std::string::npos; }));
  kill_and_start(it);
  check_finished(it, promise, png(1));
  CHECK(it.replicate.create_requests() == 2);
  CHECK(it.replicate.creates() == 1);
}

TEST_CASE("resume: killed while the generation runs, it is polled on") {
  GeneratingServer it;
  it.replicate.script({.statuses = {"starting", "processing", "processing"}});
  const json::object promise = it.promised("a pier");
  REQUIRE(eventually([&] { return it.replicate.polls() > 0; }));
  kill_and_start(it);
  check_finished(it, promise, png(1));
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE("resume: killed while the image is being fetched, it is fetched again, and the provider left alone") {
  GeneratingServer it;
  Gate fetching;
  LoopbackServer delivery([&](const ServedRequest&) {
    fetching.pass();
    return answer(200, png(4));
  });
  it.next_output(delivery.url("/out-0.png"));
  const json::object promise = it.promised("a pier");
  fetching.await();
  it.server.process().kill();
  fetching.open();
  const int polls = it.replicate.polls();
  it.server.process().start();
  check_finished(it, promise, png(4));
  CHECK(it.replicate.create_requests() == 1);
  CHECK(it.replicate.polls() == polls);
}

TEST_CASE("resume: killed among several outputs, those that are stored are not stored again") {
  GeneratingServer it;
  Gate second;
  LoopbackServer delivery([&](const ServedRequest& request) {
    if (request.target == "/2") second.pass();
    return answer(200, png(request.target == "/1" ? 1 : 2));
  });
  it.next_output(json::array{delivery.url("/1"), delivery.url("/2")});
  const json::object promise = it.promised("a pier");
  second.await();
  it.server.process().kill();
  second.open();
  it.server.process().start();
  const json::object job = it.ended_job(text(promise, "job_id"));
  REQUIRE(job.at("images").as_array().size() == 2);
  CHECK(job.at("image").at("id") == promise.at("id"));
  CHECK(it.server.get(it.server.path_of(job.at("images").at(1).as_object())).body == png(2));
  CHECK(it.server.image_files().size() == 2);
}

TEST_CASE("resume: killed again and again, wherever the job stands, it is paid for once") {
  GeneratingServer it;
  it.replicate.script({.statuses = {"starting", "processing", "processing", "processing", "processing"}});
  const json::object promise = it.promised("a pier");
  REQUIRE(eventually([&] { return it.replicate.creates() == 1; }));
  for (int polls = 0; polls < 4; ++polls) {
    REQUIRE(eventually([&] { return it.replicate.polls() >= polls; }));
    kill_and_start(it);
  }
  check_finished(it, promise, png(1));
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE("resume: a stop lets a waiting request finish, and refuses new ones") {
  GeneratingServer it;
  it.replicate.script({.duration = 1h});
  HttpResponse response;
  std::thread waiting([&, client = it.server.new_client()]() mutable { response = client.send(generate_request()); });
  REQUIRE(eventually([&] { return it.replicate.creates() == 1; }));
  it.server.process().terminate();
  REQUIRE(eventually([&] {
    try {
      it.server.new_client().get("/healthz");
      return false;
    } catch (const TransportError&) {
      return true;
    }
  }));
  it.replicate.set_status(it.replicate.ids().front(), "succeeded");
  CHECK(it.server.process().wait() == 0);
  waiting.join();
  CHECK(response.status == 201);
}

// What takes 25 seconds, all at once.
TEST_CASE("resume: what outlasts a stop is told as pending, and finished after the next start") {
  GeneratingServer it;
  it.replicate.script({.duration = 1h});
  it.replicate.fail_creates({throttled(100)});
  const json::object throttled_one = it.promised("waits for its turn");
  REQUIRE(eventually([&] { return it.replicate.create_requests() == 1; }));
  LoopbackServer silent([&](const ServedRequest&) {
    silent.hold();
    return answer(200, png(9));
  });
  std::map<std::string, HttpResponse> responses;
  std::vector<std::thread> threads;
  std::mutex mutex;
  const auto ask = [&](const std::string& name, HttpRequest request) {
    threads.emplace_back([&, name, request = std::move(request), client = it.server.new_client()]() mutable {
      const HttpResponse response = client.send(request);
      const std::lock_guard lock(mutex);
      responses[name] = response;
    });
  };
  ask("generate", generate_request("a pier"));
  ask("import", json_request("/v1/images/import", {{"url", silent.url("/x.png")}}));
  REQUIRE(eventually([&] { return it.replicate.creates() == 1 && silent.requests() == 1; }));
  ask("promise", {.target = it.server.path_of(throttled_one)});

  GeneratingServer other;  // and an undisturbed server, whose promise is waited for as long as the contract has it
  other.replicate.script({.duration = 1h});
  const std::string promised = other.server.path_of(other.promised());
  std::thread undisturbed([&, client = other.server.new_client()]() mutable {
    const HttpResponse response = client.get(promised);
    const std::lock_guard lock(mutex);
    responses["undisturbed"] = response;
  });
  const auto begun = std::chrono::steady_clock::now();

  CHECK(it.server.process().stop() == 0);
  for (std::thread& thread : threads) thread.join();
  for (const char* name : {"generate", "import", "promise"}) {
    INFO(name);
    check_problem(responses[name], 503, "pending");
    CHECK(responses[name].count("Retry-After") == 1);
  }
  silent.release();
  it.replicate.set_status(it.replicate.ids().front(), "succeeded");
  it.replicate.script({});
  it.server.process().start();
  CHECK(it.server.get(it.server.path_of(throttled_one)).status == 200);
  CHECK(it.images("default", 3).size() == 3);
  CHECK(it.replicate.creates() == 2);

  undisturbed.join();
  check_problem(responses["undisturbed"], 503, "pending");
  CHECK(responses["undisturbed"].count("Retry-After") == 1);
  CHECK(responses["undisturbed"].header("Cache-Control") == "no-store");
  CHECK(std::chrono::steady_clock::now() - begun > 24s);
}

}  // namespace
}  // namespace lightfast::test
