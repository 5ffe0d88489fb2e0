// POST /v1/images/import: an existing URL, or many, become hosted images.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "base/encoding.h"
#include "base/log.h"
#include "db/access.h"
#include "db/sqlite/sqlite_database.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string data_uri(const std::string& bytes) {
  return "data:image/png;base64," + to_base64(bytes);
}

// What happens a day after their end; of a server that is stopped.
void forget_ended_jobs(const std::filesystem::path& path) {
  const SystemClock clock;
  Logger log{LogLevel::error, LogFormat::text};
  const auto database = db::open_sqlite({.path = path}, clock, log).value();
  const Timestamp later = clock.now() + 1h;
  const auto forget = [later](db::Session& session) { return session.jobs().forget_finished_before(later); };
  REQUIRE(db::commit_blocking(*database, forget).value() > 0);
}

TEST_CASE("import: a URL is fetched as it stands, and its image kept with what is known of it") {
  GeneratingServer it;
  const std::string source = it.replicate.host({.bytes = png(5)}, "x.png?sig=a%2Bb/c+d&se=2099-01-01T00%3A00%3A00Z");
  const HttpResponse response = it.import({{"user_id", "alice"},
                                           {"url", source},
                                           {"provider", "openai"},
                                           {"model", "dall-e-3"},
                                           {"prompt", "a pier"},
                                           {"metadata", {{"row", 7}}},
                                           {"pinned", true},
                                           {"visibility", "private"}});
  INFO(response.body);
  REQUIRE(response.status == 201);
  const json::object image = response.json().as_object();
  CHECK(response.header("Location") == text(image, "url"));
  CHECK(image.at("hosted") == json::value(true));
  CHECK(text(image, "source_url") == source);
  CHECK(text(image, "provider") == "openai");
  CHECK(text(image, "model") == "dall-e-3");
  CHECK(text(image, "prompt") == "a pier");
  CHECK(image.at("metadata") == json::value{{"row", 7}});
  CHECK(text(image, "visibility") == "private");
  CHECK(image.at("pinned") == json::value(true));
  CHECK(first_of(image, "images").at("id") == image.at("id"));
  it.replicate.forget();
  CHECK(it.server.get(it.server.path_of(image), with_key).body == png(5));
}

TEST_CASE("import: a data: URI is hosted likewise") {
  GeneratingServer it;
  for (const auto& [uri, bytes] :
       {std::pair{data_uri(png(1)), png(1)},
        {"data:application/octet-stream;base64," + to_base64(fixture("beacon.webp")), fixture("beacon.webp")},
        {"data:;base64," + percent_encode(to_base64(png(2))), png(2)}}) {
    const HttpResponse response = it.import({{"url", uri}});
    INFO(response.body);
    REQUIRE(response.status == 201);
    CHECK(it.server.get(it.server.path_of(response.json().as_object())).body == bytes);
  }
  check_problem(it.import({{"url", "data:image/png;base64,!!!"}}), 400, "invalid_request");
  check_problem(it.import({{"url", data_uri("no image")}}), 415, "unsupported_image");
  check_problem(it.import({{"url", data_uri(png(3).substr(0, 60))}}), 422, "invalid_image");
}

TEST_CASE("import: the same bytes again are the image that is there - its time renewed - and never another user's") {
  GeneratingServer it;
  const std::string source = it.replicate.host({.bytes = png(5)}), other = it.replicate.host({.bytes = png(5)});
  const auto import = [&](const std::string& user, const std::string& url, int expires_in) {
    return it.import({{"user_id", user}, {"url", url}, {"expires_in", expires_in}});
  };
  const HttpResponse first = import("alice", source, 3600);
  REQUIRE(first.status == 201);
  const HttpResponse again = import("alice", other, 7200);
  REQUIRE(again.status == 200);
  CHECK(again.json().at("id") == first.json().at("id"));
  CHECK(text(again.json().as_object(), "expires_at") > text(first.json().as_object(), "expires_at"));
  CHECK(it.import({{"user_id", "alice"}, {"url", data_uri(png(5))}}).json().at("id") == first.json().at("id"));
  CHECK(it.server.image_files().size() == 1);
  for (const json::value& different :
       {json::value{{"user_id", "bob"}, {"url", source}},
        json::value{{"user_id", "alice"}, {"url", source}, {"visibility", "private"}},
        json::value{{"user_id", "alice"}, {"url", source}, {"collection", "c"}, {"name", "n"}}}) {
    CHECK(it.import(different).status == 201);
  }
  CHECK(it.server.image_files().size() == 4);
  CHECK(it.server.leftovers() == std::set<std::string>{});
}

TEST_CASE("import: a URL promised for bytes that were here already leads to that image as long as it is kept") {
  GeneratingServer it;
  const std::string source = it.replicate.host({.bytes = png(5)});
  const HttpResponse first = it.import({{"user_id", "alice"}, {"url", source}});
  REQUIRE(first.status == 201);
  const std::string id = text(first.json().as_object(), "id");
  const HttpResponse promised = it.import({{"user_id", "alice"}, {"url", source}}, {{"Prefer", "respond-async"}});
  REQUIRE(promised.status == 202);
  const json::object promise = promised.json().as_object();
  const std::string path = it.server.path_of(promise), promised_id = text(promise, "id");
  CHECK(it.ended_job(text(promise, "job_id")).at("image").at("id") == json::value(id));
  CHECK(it.server.image_files().size() == 1);

  REQUIRE(it.server.process().stop() == 0);
  forget_ended_jobs(it.server.process().database());
  it.server.process().start();
  check_problem(it.server.api("GET", "/v1/jobs/" + text(promise, "job_id")), 404, "not_found");
  const HttpResponse got = it.server.get(path);
  CHECK(got.body == png(5));
  CHECK(got.header("ETag") == it.server.get(it.server.path_of(first.json().as_object())).header("ETag"));
  CHECK(it.server.head(path).status == 200);
  CHECK(it.server.get("/v1/images/hosted/bob/" + promised_id).status == 404);
  CHECK(it.server.api("GET", "/v1/images/alice/" + promised_id).json().at("id") == json::value(id));
  check_problem(it.server.api("GET", "/v1/images/bob/" + promised_id), 404, "not_found");

  CHECK(it.server.api("DELETE", "/v1/images/alice/" + promised_id).status == 204);
  check_problem(it.server.get(path), 404, "not_found");
  check_problem(it.server.get(it.server.path_of(first.json().as_object())), 404, "not_found");
  CHECK(it.server.api("POST", "/v1/images/alice/" + promised_id + "/restore").status == 200);
  CHECK(it.server.get(path).body == png(5));
}

TEST_CASE("import: a URL promised privately for bytes that were here already is nothing to those without a key") {
  GeneratingServer it;
  const json::value wanted = {{"url", it.replicate.host({.bytes = png(5)})}, {"visibility", "private"}};
  REQUIRE(it.import(wanted).status == 201);
  const HttpResponse promised = it.import(wanted, {{"Prefer", "respond-async"}});
  const std::string path = it.server.path_of(promised.json().as_object());
  it.ended_job(text(promised.json().as_object(), "job_id"));
  check_problem(it.server.get(path), 404, "not_found");
  CHECK(it.server.get(path, with_key).body == png(5));
}

TEST_CASE("import: what cannot be fetched has the contract's codes, and leaves nothing") {
  GeneratingServer it(Environment{{"DOWNLOAD_TIMEOUT_SECONDS", "3"}, {"IMAGE_MAX_BYTES", "20000"}});
  const auto host = [&](FakeFile file) { return it.replicate.host(std::move(file)); };
  const auto gone = [&](int status) { return host({.bytes = "x", .failing_fetches = 99, .failing_status = status}); };
  struct Case {
    std::string url;
    int status;
    const char* code;
  };
  const std::vector<Case> cases = {
      {gone(404), 502, "source_gone"},
      {gone(403), 502, "source_gone"},
      {gone(410), 502, "source_gone"},
      {gone(500), 502, "download_failed"},
      {"http://127.0.0.1:1/closed", 502, "download_failed"},
      {"http://no-such-name.invalid/x.png", 502, "download_failed"},
      {host({.bytes = png(1), .cut_at = 50}), 502, "download_failed"},
      {host({.bytes = png(1), .cut_at = 50, .framing = FakeFile::Framing::end_of_connection}), 422, "invalid_image"},
      {host({.bytes = "<html></html>"}), 415, "unsupported_image"},
      {host({.bytes = png(1, 100, 100)}), 413, "too_large"},
      {host({.bytes = png_claiming(60000, 60000)}), 422, "too_many_pixels"},
      {host({.bytes = png(1, 64, 64), .drip_bytes = 10, .drip_pause = 100ms}), 504, "download_timeout"},
  };
  json::array items;
  for (const Case& one : cases) items.push_back(json::object{{"url", one.url}});
  const HttpResponse response = it.import({{"items", items}});
  REQUIRE(response.status == 207);
  const json::array results = response.json().at("results").as_array();
  REQUIRE(results.size() == cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(cases[i].code << " " << json::serialize(results[i]));
    CHECK(number(results[i].as_object(), "status") == cases[i].status);
    CHECK(text(results[i].at("error").as_object(), "code") == cases[i].code);
  }
  CHECK(it.server.image_files().empty());
  CHECK(it.server.leftovers() == std::set<std::string>{});
  check_problem(it.import({{"url", cases[0].url}}), 502, "source_gone");
}

TEST_CASE("import: what faded before it could be fetched is counted for good") {
  GeneratingServer it;
  const auto missed = [&] {
    const CommandResult stats = it.server.process().run({"stats", "--json"});
    INFO(stats.err);
    REQUIRE(stats.exit_code == 0);
    return number(json::parse(stats.out).as_object(), "missed_fetches");
  };
  CHECK(missed() == 0);
  check_problem(it.import({{"url", it.replicate.host({.bytes = "", .failing_fetches = 99})}}), 502, "source_gone");
  CHECK(missed() == 0);
  const std::string faded = it.replicate.host({.bytes = "", .failing_fetches = 99}, "x.png?expires=1600000000");
  check_problem(it.import({{"url", faded}}), 502, "source_gone");
  CHECK(missed() == 1);
  it.server.process().restart();
  CHECK(missed() == 1);
}

TEST_CASE("import: nothing but public addresses is reached, however they are written or led to") {
  GeneratingServer it(Environment{{"DOWNLOAD_ALLOW_NETWORKS", "192.0.2.0/24"}});
  const std::string port = std::to_string(it.server.process().port());
  for (const std::string host :
       {"127.0.0.1",    "localhost",  "127.1",           "0x7f000001",         "2130706433",
        "017700000001", "0.0.0.0",    "[::1]",           "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
        "10.1.2.3",     "172.16.0.1", "192.168.1.1",     "169.254.169.254",    "100.64.0.1",
        "[fe80::1]",    "[fd00::1]",  "[fd00:ec2::254]", "224.0.0.1",          "255.255.255.255"}) {
    INFO(host);
    check_problem(it.import({{"url", "http://" + host + ":" + port + "/healthz"}}), 422, "download_forbidden");
  }
  for (const char* url :
       {"ftp://example.com/x", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:1", "//x/y"}) {
    INFO(url);
    const HttpResponse response = it.import({{"url", url}});
    CHECK((response.status == 422 || response.status == 400));
  }
  for (const json::value& wrong : {json::value{{"user_id", "a"}}, json::value{{"url", 7}}, json::value{{"url", ""}}}) {
    check_problem(it.import(wrong), 400, "invalid_request");
  }
}

TEST_CASE("import: many are answered in the order given, each with its own status") {
  GeneratingServer it;
  const std::string gone = it.replicate.host({.bytes = "", .failing_fetches = 99});
  const json::value items = {
      {"items",
       {{{"url", it.replicate.host({.bytes = png(1)})}, {"user_id", "alice"}},
        {{"url", gone}},
        {{"url", data_uri(png(2))}, {"user_id", "bob"}},
        "no object",
        {{"user_id", "carol"}},
        {{"url", it.replicate.host({.bytes = png(1)})}, {"user_id", "alice"}},
        {{"url", it.replicate.host({.bytes = png(3)})}, {"collection", "Ä"}, {"name", "hero"}}}}};
  const HttpResponse response = it.import(items);
  REQUIRE(response.status == 207);
  const json::array results = response.json().at("results").as_array();
  const std::vector<std::vector<std::int64_t>> expected = {{201, 200}, {502}, {201}, {400}, {400}, {201, 200}, {201}};
  REQUIRE(results.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO(json::serialize(results[i]));
    const std::int64_t status = number(results[i].as_object(), "status");
    CHECK(std::count(expected[i].begin(), expected[i].end(), status) == 1);
    if (status < 300) {
      CHECK(it.server.get(it.server.path_of(results[i].at("image").as_object())).status == 200);
    } else {
      CHECK(number(results[i].at("error").as_object(), "status") == status);
    }
  }
  CHECK(results[0].at("image").at("id") == results[5].at("image").at("id"));
  CHECK(results[6].at("image").at("collection").as_string() == "ae");
  check_problem(it.import({{"items", json::array()}}), 400, "invalid_request");
  check_problem(it.import({{"items", json::array(1001)}}), 400, "invalid_request");
}

TEST_CASE("import: of many, 16 are fetched at a time") {
  GeneratingServer it;
  Gate gate;
  std::atomic<int> now = 0, most = 0;
  LoopbackServer source([&](const ServedRequest& request) {
    const int here = ++now;
    for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) continue;
    gate.pass();
    --now;
    return answer(200, png(static_cast<std::uint32_t>(std::stoi(request.target.substr(1)))));
  });
  json::array items;
  for (int i = 0; i < 48; ++i) items.push_back(json::object{{"url", source.url("/" + std::to_string(i))}});
  HttpResponse response;
  std::thread importing([&, client = it.server.new_client()]() mutable {
    response = client.send(json_request("/v1/images/import", {{"items", items}}));
  });
  gate.await(16);
  CHECK(now == 16);
  gate.open();
  importing.join();
  REQUIRE(response.status == 207);
  CHECK(most == 16);
  const json::array results = response.json().at("results").as_array();
  for (std::size_t i = 0; i < 48; ++i) {
    CHECK(it.server.get(it.server.path_of(results[i].at("image").as_object())).body ==
          png(static_cast<std::uint32_t>(i)));
  }
}

TEST_CASE("import: a caller who goes away stops nothing") {
  GeneratingServer it;
  Gate gate;
  LoopbackServer source([&](const ServedRequest&) {
    gate.pass();
    return answer(200, png(4));
  });
  HttpClient client = it.server.new_client();
  client.connect();
  client.write(to_bytes(json_request("/v1/images/import", {{"url", source.url("/x.png")}, {"user_id", "alice"}})));
  gate.await();
  client.close();
  gate.open();
  CHECK(it.images("alice", 1).size() == 1);
}

}  // namespace
}  // namespace lightfast::test
