// URLs that are handed out before there is an image.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

TEST_CASE("promise: GET and HEAD of a promised URL wait for the image") {
  GeneratingServer it;
  it.replicate.script({.duration = 1h});
  const HttpResponse accepted = it.generate("a pier", {{"Prefer", "wait=1, respond-async"}});
  REQUIRE(accepted.status == 202);
  const json::object promise = accepted.json().as_object();
  CHECK(accepted.header("Location") == "/v1/jobs/" + text(promise, "job_id"));
  CHECK(text(promise, "status") == "pending");
  CHECK(is_image_id(text(promise, "id")));
  const std::string path = it.server.path_of(promise);
  CHECK(path.ends_with("/" + text(promise, "id")));
  CHECK(text(it.job(text(promise, "job_id")), "status") == "pending");

  HttpResponse got, headed;
  std::thread getting([&, client = it.server.new_client()]() mutable { got = client.get(path); });
  std::thread heading([&, client = it.server.new_client()]() mutable { headed = client.head(path); });
  REQUIRE(eventually([&] { return it.replicate.creates() == 1; }));
  it.replicate.set_status(it.replicate.ids().front(), "succeeded");
  getting.join();
  heading.join();
  CHECK(got.status == 200);
  CHECK(got.body == png(1));
  CHECK(got.header("Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(headed.status == 200);
  CHECK(headed.header("Content-Length") == std::to_string(png(1).size()));

  const json::object job = it.ended_job(text(promise, "job_id"));
  CHECK(text(job, "status") == "succeeded");
  CHECK(job.at("image").at("id") == promise.at("id"));
  CHECK(job.at("error").is_null());
  // Final: with and without its extension, also after a restart.
  it.server.process().restart();
  CHECK(it.server.get(path, {{"Range", "bytes=0-9"}}).body == png(1).substr(0, 10));
  CHECK(it.server.get(path + ".png").status == 200);
  CHECK(it.server.get(path + ".webp").status == 404);
}

TEST_CASE("promise: further outputs stand in the job") {
  GeneratingServer it;
  it.next_output(json::array{it.replicate.host({.bytes = png(1)}), it.replicate.host({.bytes = png(2)})});
  const json::object promise = it.promised();
  const json::object job = it.ended_job(text(promise, "job_id"));
  CHECK(job.at("images").as_array().size() == 2);
  CHECK(it.server.get(it.server.path_of(promise)).body == png(1));
}

TEST_CASE("promise: after a failure the URL is 404 generation_failed, and the job says why") {
  GeneratingServer it;
  it.replicate.script({.final_status = "failed", .error = "NSFW content detected."});
  const json::object promise = it.promised();
  const json::object job = it.ended_job(text(promise, "job_id"));
  CHECK(text(job, "status") == "failed");
  CHECK(text(job.at("error").as_object(), "code") == "provider_failed");
  CHECK(text(job.at("error").as_object(), "detail").find("NSFW") != std::string::npos);
  CHECK(text(job.at("error").as_object(), "prediction_id") == it.replicate.ids().front());
  CHECK(job.at("image").is_null());
  const HttpResponse response = it.server.get(it.server.path_of(promise));
  check_problem(response, 404, "generation_failed");
  CHECK(response.header("Cache-Control") == "no-store");
  CHECK(response.body.find("NSFW") == std::string::npos);
}

TEST_CASE("promise: a private one is nothing to those without a key, at any time") {
  GeneratingServer it;
  it.replicate.script({.duration = 1h});
  const json::object promise = it.promised(json::value{{"prompt", "x"}, {"visibility", "private"}});
  const std::string path = it.server.path_of(promise);
  const HttpResponse missing = it.server.get("/v1/images/hosted/default/img_00000000000000000000000000");
  const HttpResponse pending = it.server.get(path);
  check_problem(pending, 404, "not_found");
  CHECK(pending.body == missing.body);
  HttpResponse mine;
  std::thread getting([&, client = it.server.new_client()]() mutable { mine = client.get(path, with_key); });
  REQUIRE(eventually([&] { return it.replicate.creates() == 1; }));
  it.replicate.set_status(it.replicate.ids().front(), "succeeded");
  getting.join();
  CHECK(mine.status == 200);
  CHECK(mine.header("Cache-Control") == "private, no-cache");
  check_problem(it.server.get(path), 404, "not_found");

  it.replicate.script({.final_status = "failed"});
  const json::object failing = it.promised(json::value{{"prompt", "x"}, {"visibility", "private"}});
  it.ended_job(text(failing, "job_id"));
  check_problem(it.server.get(it.server.path_of(failing)), 404, "not_found");
  check_problem(it.server.get(it.server.path_of(failing), with_key), 404, "generation_failed");
}

TEST_CASE("promise: a promised image that was removed is gone, and another user's is none") {
  GeneratingServer it;
  const json::object promise = it.promised(json::value{{"prompt", "x"}, {"user_id", "alice"}});
  it.ended_job(text(promise, "job_id"));
  const std::string id = text(promise, "id");
  CHECK(it.server.get("/v1/images/hosted/bob/" + id).status == 404);
  CHECK(it.server.api("DELETE", "/v1/images/alice/" + id).status == 204);
  check_problem(it.server.get(it.server.path_of(promise)), 404, "not_found");
  check_problem(it.server.api("GET", "/v1/jobs/job_00000000000000000000000000"), 404, "not_found");
  CHECK(it.server.get("/v1/jobs/" + text(promise, "job_id")).status == 401);
}

TEST_CASE("promise: items are answered at once, in order, and each becomes its image") {
  GeneratingServer it;
  json::array items;
  for (int i = 0; i < 100; ++i) {
    items.push_back({{"prompt", "picture " + std::to_string(i)}, {"user_id", "alice"}, {"metadata", i}});
  }
  const HttpResponse response = it.generate(json::value{{"items", items}});
  REQUIRE(response.status == 202);
  const json::array jobs = response.json().at("jobs").as_array();
  REQUIRE(jobs.size() == 100);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const json::object job = it.ended_job(text(jobs[i].as_object(), "job_id"));
    CHECK(text(job, "status") == "succeeded");
    CHECK(job.at("image").at("id") == jobs[i].at("id"));
    CHECK(job.at("image").at("metadata") == json::value(i));
    CHECK(text(job.at("image").as_object(), "prompt") == "picture " + std::to_string(i));
  }
  CHECK(it.replicate.creates() == 100);
}

TEST_CASE("promise: with too many items, or one that is wrong, nothing is started") {
  GeneratingServer it;
  json::array items;
  for (int i = 0; i < 101; ++i) items.push_back(json::object{{"prompt", "x"}});
  check_problem(it.generate(json::value{{"items", items}}), 400, "invalid_request");
  items.resize(100);
  items[99] = json::value{{"prompt", "x"}, {"model", "no model"}};
  const HttpResponse response = it.generate(json::value{{"items", items}});
  check_problem(response, 400, "invalid_request");
  CHECK(response.body.find("99") != std::string::npos);
  for (const json::value& wrong : {json::value(json::array()), json::value("x"), json::value{1, 2}}) {
    check_problem(it.generate(json::value{{"items", wrong}}), 400, "invalid_request");
  }
  CHECK(it.replicate.create_requests() == 0);
  CHECK(it.images().empty());
}

}  // namespace
}  // namespace lightfast::test
