// Many generations in one request, and how all of them stand in one call.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

json::value scenes(std::size_t count, const std::string& user = "ana") {
  json::array items;
  for (std::size_t i = 0; i < count; ++i)
    items.push_back({{"user_id", user}, {"prompt", "scene " + std::to_string(i)}});
  return {{"items", items}};
}

json::object accepted(GeneratingServer& it, const json::value& body) {
  const HttpResponse response = it.generate(body);
  INFO(response.body);
  REQUIRE(response.status == 202);
  json::object answer = response.json().as_object();
  CHECK(response.header("Location") == "/v1/jobs?batch=" + text(answer, "batch_id"));
  return answer;
}

json::object standing(GeneratingServer& it, const std::string& query) {
  const HttpResponse response = it.server.api("GET", "/v1/jobs?" + query);
  INFO(response.body);
  REQUIRE(response.status == 200);
  CHECK(response.header("Cache-Control") == "no-store");
  return response.json().as_object();
}

std::string ids_in(const json::value& jobs) {
  std::string ids;
  for (const auto& job : jobs.as_array()) ids += (ids.empty() ? "" : ",") + text(job.as_object(), "job_id");
  return ids;
}

json::object ended(GeneratingServer& it, const std::string& query) {
  json::object last;
  REQUIRE(eventually(
      [&] {
        last = standing(it, query);
        return last.at("counts").at("pending") == json::value(0);
      },
      240s));  // a bound for sanitizers: a hundred images are decoded
  return last;
}

TEST_CASE("batch: one call tells how all items stand, in their order, with their images or errors") {
  GeneratingServer it;
  it.replicate.script_next({.final_status = "failed", .error = "NSFW"});
  const json::object answer = accepted(it, scenes(3));
  CHECK(text(answer, "batch_id").starts_with("batch_"));
  const json::object all = ended(it, "batch=" + text(answer, "batch_id"));
  CHECK(ids_in(all.at("jobs")) == ids_in(answer.at("jobs")));
  CHECK(all.at("counts") == json::value{{"pending", 0}, {"succeeded", 2}, {"failed", 1}});
  std::size_t images = 0;
  for (const auto& job : all.at("jobs").as_array()) {
    CHECK(job.at("batch_id") == answer.at("batch_id"));
    if (text(job.as_object(), "status") == "succeeded") ++images;
    CHECK(job.at("image").is_null() == !job.at("error").is_null());
  }
  CHECK(images == 2);
  CHECK_FALSE(it.ended_job(text(it.promised(), "job_id")).contains("batch_id"));
}

TEST_CASE("batch: jobs are told of by their ids too, in the order asked for, those that are not there left out") {
  GeneratingServer it;
  const std::string first = text(it.promised("one"), "job_id"), second = text(it.promised("two"), "job_id");
  const json::object both = ended(it, "ids=" + second + ",job_01jd0000000000000000000000," + first);
  CHECK(ids_in(both.at("jobs")) == second + "," + first);
  CHECK(both.at("counts").at("succeeded") == json::value(2));
  for (const std::string query : {"", "ids=", "ids=,", "batch=", "batch=batch_1&ids=job_1"})
    check_problem(it.server.api("GET", "/v1/jobs?" + query), 400, "invalid_request");
  check_problem(it.server.api("GET", "/v1/jobs?batch=batch_none"), 404, "not_found");
}

TEST_CASE("batch: a key of one user sees that user's jobs alone") {
  GeneratingServer it;
  json::value mixed = scenes(2);
  mixed.at("items").as_array().push_back({{"user_id", "bob"}, {"prompt", "his"}});
  const json::object answer = accepted(it, mixed);
  const std::string batch = "batch=" + text(answer, "batch_id");
  ended(it, batch);
  std::string key = it.server.process().run({"keys", "create", "--name", "bobs", "--user", "bob"}).out;
  key.pop_back();
  const Headers with_bobs = {{"Authorization", "Bearer " + key}};
  const json::value his = it.server.get("/v1/jobs?" + batch, with_bobs).json();
  REQUIRE(his.at("jobs").as_array().size() == 1);
  CHECK(his.at("jobs").at(0).at("user_id") == json::value("bob"));
  CHECK(his.at("counts") == json::value{{"pending", 0}, {"succeeded", 1}, {"failed", 0}});
  CHECK(it.server.get("/v1/jobs?ids=" + ids_in(answer.at("jobs")), with_bobs).json() == his);
  check_problem(it.server.get("/v1/jobs?batch=" + text(accepted(it, scenes(1)), "batch_id"), with_bobs), 404,
                "not_found");
}

TEST_CASE("batch: a hundred items killed in their midst all come and each is paid for once") {
  GeneratingServer it;
  it.replicate.script({.statuses = {"starting", "processing"}});
  const HttpRequest request = generate_request(scenes(100), {{"Idempotency-Key", "chapter one"}});
  const HttpResponse first = it.server.send(request);
  REQUIRE(first.status == 202);
  const std::string batch = "batch=" + text(first.json().as_object(), "batch_id");
  REQUIRE(eventually([&] { return it.replicate.creates() == 100; }));
  it.server.process().kill();
  it.server.process().start();
  CHECK(it.server.send(request).body == first.body);
  const json::object all = ended(it, batch);
  CHECK(all.at("counts") == json::value{{"pending", 0}, {"succeeded", 100}, {"failed", 0}});
  CHECK(ids_in(all.at("jobs")) == ids_in(first.json().at("jobs")));
  CHECK(it.replicate.create_requests() == 100);
  for (std::size_t i = 0; i < 100; ++i)
    CHECK(all.at("jobs").at(i).at("image").at("prompt") == json::value("scene " + std::to_string(i)));
  CHECK(it.server.image_files().size() == 100);
}

}  // namespace
}  // namespace lightfast::test
