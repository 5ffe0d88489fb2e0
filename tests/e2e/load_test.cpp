// The load that the server is planned for.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// A sanitizer makes each decoding child slow: there fewer show as much.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int batches = 1;
constexpr std::size_t at_once = 30;
#else
constexpr int batches = 10;
constexpr std::size_t at_once = 100;
#endif

std::int64_t stored_images(GeneratingServer& it) {
  return number(it.server.api("GET", "/v1/users/default/usage").json().as_object(), "images");
}

TEST_CASE("load: 100 generations at once are at the provider at the same time") {
  GeneratingServer it;
  Gate all_there;
  it.replicate.when_created([&](const std::string&) { all_there.pass(); });
  it.replicate.script({.duration = 1h});
  std::vector<HttpResponse> responses(at_once);
  std::vector<std::thread> threads;
  for (HttpResponse& response : responses) {
    threads.emplace_back(
        [&response, client = it.server.new_client()]() mutable { response = client.send(generate_request()); });
  }
  all_there.await(at_once);
  CHECK(it.replicate.open_predictions() == at_once);
  for (const std::string& id : it.replicate.ids()) it.replicate.set_status(id, "succeeded");
  all_there.open();
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> ids;
  for (const HttpResponse& response : responses) {
    REQUIRE(response.status == 201);
    ids.insert(text(response.json().as_object(), "id"));
  }
  CHECK(ids.size() == at_once);
  CHECK(it.replicate.create_requests() == at_once);
  CHECK(it.server.image_files().size() == at_once);
}

TEST_CASE("load: 1,000 queued generations all finish, and are then served 100 at once") {
  constexpr int images = batches * 100;
  GeneratingServer it;
  std::vector<std::string> paths;
  for (int batch = 0; batch < batches; ++batch) {
    json::array items;
    for (int i = 0; i < 100; ++i) items.push_back(json::object{{"prompt", std::to_string(batch * 100 + i)}});
    const HttpResponse response = it.generate(json::value{{"items", items}});
    REQUIRE(response.status == 202);
    const json::value jobs = response.json();
    for (const json::value& job : jobs.at("jobs").as_array()) {
      paths.push_back(it.server.path_of(job.as_object()));
    }
  }
  REQUIRE(eventually([&] { return stored_images(it) == images; }, 240s));
  CHECK(it.replicate.create_requests() == images);
  CHECK(it.server.leftovers() == std::set<std::string>{});

  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (std::size_t reader = 0; reader < 100; ++reader) {
    threads.emplace_back([&, reader, client = it.server.new_client()]() mutable {
      for (std::size_t i = reader; i < paths.size(); i += 100) good += client.get(paths[i]).status == 200 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == images);
}

TEST_CASE("load: images over 10 MB are generated, stored and served whole") {
  GeneratingServer it;
  const std::string large = png(1, 2048, 1800);
  REQUIRE(large.size() > 11'000'000);
  it.replicate.script({.output = [&](std::uint32_t) { return json::value(it.replicate.host({.bytes = large})); }});
  std::vector<std::string> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(text(it.promised(), "job_id"));
  for (const std::string& job : jobs) {
    const json::object ended = it.ended_job(job);
    REQUIRE(text(ended, "status") == "succeeded");
    const json::object image = ended.at("image").as_object();
    CHECK(number(image, "size_bytes") == static_cast<std::int64_t>(large.size()));
    CHECK(it.server.get(it.server.path_of(image)).body == large);
  }
}

}  // namespace
}  // namespace lightfast::test
