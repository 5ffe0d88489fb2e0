// Idempotency-Key: one request, one answer, paid for once.
#include <catch2/catch.hpp>
#include <thread>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const Headers key_one = {{"Idempotency-Key", "one"}};

// The same answer, members and all.
void check_same(const HttpResponse& first, const HttpResponse& again) {
  INFO(again.body);
  CHECK(again.status == first.status);
  CHECK(again.body == first.body);
  CHECK(again.header("Location") == first.header("Location"));
}

TEST_CASE("idempotency: a repeated generation gets the first answer: in flight, afterwards, and after a restart") {
  GeneratingServer it;
  it.replicate.script({.duration = 1h});
  std::vector<HttpResponse> responses(3);
  std::vector<std::thread> threads;
  for (HttpResponse& response : responses) {
    threads.emplace_back([&response, client = it.server.new_client()]() mutable {
      response = client.send(generate_request("a pier", key_one));
    });
  }
  REQUIRE(eventually([&] { return it.replicate.creates() == 1; }));
  it.replicate.set_status(it.replicate.ids().front(), "succeeded");
  for (std::thread& thread : threads) thread.join();
  CHECK(responses[0].status == 201);
  check_same(responses[0], responses[1]);
  check_same(responses[0], responses[2]);
  check_same(responses[0], it.generate("a pier", key_one));
  it.server.process().restart();
  check_same(responses[0], it.generate("a pier", key_one));
  it.server.process().kill();
  it.server.process().start();
  check_same(responses[0], it.generate("a pier", key_one));
  CHECK(it.replicate.create_requests() == 1);
  CHECK(it.server.image_files().size() == 1);

  check_problem(it.generate("another", key_one), 422, "idempotency_mismatch");
  check_problem(it.import({{"url", "data:image/png;base64,"}}, key_one), 422, "idempotency_mismatch");
  it.replicate.script({});
  CHECK(it.generate("another", {{"Idempotency-Key", "two"}}).status == 201);
}

TEST_CASE("idempotency: a request that a kill cut off is answered by its job after the restart") {
  GeneratingServer it;
  it.replicate.script({.statuses = {"starting", "processing", "processing"}});
  std::thread cut_off = send_without_answer(it.server.new_client(), generate_request("a pier", key_one));
  REQUIRE(eventually([&] { return it.replicate.polls() == 1; }));
  it.server.process().kill();
  cut_off.join();
  it.server.process().start();
  const HttpResponse response = it.generate("a pier", key_one);
  CHECK(response.status == 201);
  check_same(response, it.generate("a pier", key_one));
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE("idempotency: promises and items are repeated as they were given") {
  GeneratingServer it;
  const Headers async = {{"Idempotency-Key", "promise"}, {"Prefer", "respond-async"}};
  const HttpResponse promise = it.generate("a pier", async);
  CHECK(promise.status == 202);
  check_same(promise, it.generate("a pier", async));
  const json::value items = {{"items", {{{"prompt", "a"}}, {{"prompt", "b"}}}}};
  const HttpResponse jobs = it.generate(items, {{"Idempotency-Key", "items"}});
  CHECK(jobs.status == 202);
  check_same(jobs, it.generate(items, {{"Idempotency-Key", "items"}}));
  it.server.process().restart();
  check_same(jobs, it.generate(items, {{"Idempotency-Key", "items"}}));
  CHECK(it.replicate.create_requests() == 3);
}

TEST_CASE("idempotency: a failure before the provider accepted is not kept, one after that is") {
  GeneratingServer it(Environment{{"PROVIDER_TIMEOUT_SECONDS", "3"}});
  it.replicate.fail_creates({insufficient_credit()});
  check_problem(it.generate("a pier", key_one), 503, "provider_unavailable");
  check_problem(it.generate(json::value{{"prompt", 1}}, key_one), 400, "invalid_request");
  CHECK(it.generate("a pier", key_one).status == 201);

  const Headers failing = {{"Idempotency-Key", "failing"}};
  it.replicate.script_next({.final_status = "failed", .error = "NSFW"});
  const HttpResponse failed = it.generate("a pier", failing);
  check_problem(failed, 502, "provider_failed");
  check_same(failed, it.generate("a pier", failing));
  it.server.process().restart();
  check_same(failed, it.generate("a pier", failing));
  CHECK(it.replicate.create_requests() == 3);

  // Nobody knows whether it was accepted: not called again.
  const Headers lost = {{"Idempotency-Key", "lost"}};
  it.replicate.fail_creates({server_error(502)});
  const HttpResponse unknown = it.generate("a pier", lost);
  check_problem(unknown, 502, "provider_failed");
  check_same(unknown, it.generate("a pier", lost));
  CHECK(it.replicate.create_requests() == 4);
}

TEST_CASE("idempotency: what a provider may have accepted before a kill is not asked for again under its key") {
  GeneratingServer it(Environment{{"PROVIDER_TIMEOUT_SECONDS", "3"}});
  it.replicate.fail_creates({connection_reset()});
  std::thread cut_off = send_without_answer(it.server.new_client(), generate_request("a pier", key_one));
  REQUIRE(eventually([&] { return it.replicate.create_requests() == 1; }));
  it.server.process().kill();
  cut_off.join();
  // What the row says is that the call may have been sent: found nowhere, it fails, and stays so.
  it.server.process().start();
  const HttpResponse response = it.generate("a pier", key_one);
  check_problem(response, 502, "provider_failed");
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE("idempotency: imports and uploads are done once, and their failures forgotten") {
  GeneratingServer it;
  std::atomic<int> status = 404;
  LoopbackServer source([&](const ServedRequest&) { return answer(status, png(6)); });
  const json::value body = {{"url", source.url("/x.png")}};
  check_problem(it.import(body, key_one), 502, "source_gone");
  status = 200;
  const HttpResponse imported = it.import(body, key_one);
  CHECK(imported.status == 201);
  check_same(imported, it.import(body, key_one));
  CHECK(source.requests() == 2);

  const json::value many = {{"items", {{{"url", source.url("/y.png")}, {"user_id", "bob"}}, {{"url", "ftp://x"}}}}};
  const HttpResponse results = it.import(many, {{"Idempotency-Key", "many"}});
  CHECK(results.status == 207);
  check_same(results, it.import(many, {{"Idempotency-Key", "many"}}));
  CHECK(source.requests() == 3);

  HttpRequest upload = upload_request(png(8));
  upload.headers.emplace_back("Idempotency-Key", "upload");
  const HttpResponse uploaded = it.server.send(upload);
  CHECK(uploaded.status == 201);
  check_same(uploaded, it.server.send(upload));
  it.server.process().restart();
  check_same(uploaded, it.server.send(upload));
  upload.body = png(9);
  check_problem(it.server.send(upload), 422, "idempotency_mismatch");
  upload.body = "no image";
  upload.headers.back().second = "broken";
  CHECK(it.server.send(upload).status == 415);
  upload.body = png(9);
  CHECK(it.server.send(upload).status == 201);
}

TEST_CASE("idempotency: what a form says of its image makes it another request") {
  RunningServer server;
  const std::string boundary = "----beacon";
  const auto send = [&](const std::string& name, const std::string& value) {
    const std::string form = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" +
                             value + "\r\n--" + boundary +
                             "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" + png(1) +
                             "\r\n--" + boundary + "--\r\n";
    return server.api("POST", "/v1/images/upload", form,
                      {{"Content-Type", "multipart/form-data; boundary=" + boundary}, {"Idempotency-Key", "one"}});
  };
  const HttpResponse alices = send("user_id", "alice");
  CHECK(text(alices.json().as_object(), "user_id") == "alice");
  check_same(alices, send("user_id", "alice"));
  check_problem(send("user_id", "bob"), 422, "idempotency_mismatch");
  check_problem(send("visibility", "private"), 422, "idempotency_mismatch");
}

TEST_CASE("idempotency: what JSON says of its image makes it another request") {
  RunningServer server;
  const auto send = [&](json::object members) {
    members["data"] = to_base64(png(1));
    return server.send(json_request("/v1/images/upload", members, key_one));
  };
  const json::object alices_members = {{"user_id", "alice"}, {"collection", "sea"}, {"name", "hero"}};
  const HttpResponse alices = send(alices_members);
  CHECK(text(alices.json().as_object(), "user_id") == "alice");
  check_same(alices, send(alices_members));
  const auto check_other = [&](std::string_view member, const json::value& value) {
    INFO(std::string(member));
    json::object other = alices_members;
    other[member] = value;
    check_problem(send(other), 422, "idempotency_mismatch");
  };
  check_other("user_id", "bob");
  check_other("name", "villain");
  check_other("visibility", "private");
  check_other("expires_in", 3600);
  check_other("metadata", {{"page", 3}});
}

TEST_CASE("idempotency: an import that a kill cut off may be asked for again at once") {
  GeneratingServer it;
  Gate fetching;
  LoopbackServer source([&](const ServedRequest&) {
    fetching.pass();
    return answer(200, png(6));
  });
  const json::value many = {{"items", {{{"url", source.url("/y.png")}}}}};
  std::thread cut_off = send_without_answer(it.server.new_client(), json_request("/v1/images/import", many, key_one));
  fetching.await();
  it.server.process().kill();
  cut_off.join();
  fetching.open();
  it.server.process().start();
  const HttpResponse again = it.import(many, key_one);
  CHECK(again.status == 207);
  CHECK(it.server.image_files().size() == 1);
}

TEST_CASE("idempotency: a key is the caller's own, and has 1 to 255 characters") {
  GeneratingServer it(Environment{{"API_KEYS", known_key + ",another-key-0123456789"}});
  const HttpResponse mine = it.generate("a pier", key_one);
  HttpRequest others = generate_request("a pier", key_one);
  for (auto& [name, value] : others.headers) {
    if (name == "Authorization") value = "Bearer another-key-0123456789";
  }
  const HttpResponse theirs = it.server.send(others);
  CHECK(theirs.status == 201);
  CHECK(theirs.body != mine.body);
  check_problem(it.generate("x", {{"Idempotency-Key", std::string(256, 'k')}}), 400, "invalid_request");
  check_problem(it.generate("x", {{"Idempotency-Key", ""}}), 400, "invalid_request");
}

}  // namespace
}  // namespace lightfast::test
