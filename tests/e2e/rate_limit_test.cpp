// RATE_LIMIT_SERVE and RATE_LIMIT_WRITE over the real program: who is counted together, and that nothing slips past.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/raw_http_client.h"

namespace lightfast::test {
namespace {

const std::string other_key = "e2e-0123456789abcdef-other-key";

Environment with(Environment environment) {
  environment.emplace("TRUSTED_PROXIES", "127.0.0.1");
  return environment;
}

Headers from(const std::string& address) {
  return {{"X-Real-IP", address}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

// Time goes on while a test runs.
bool is_about(const std::string& seconds, int expected) {
  UNSCOPED_INFO(seconds);
  return std::stoi(seconds) <= expected && std::stoi(seconds) > expected - 300;
}

bool says(const HttpResponse& metrics, const std::string& line) {
  return metrics.body.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("an address may read so many images and then is told when to come again") {
  const std::string memory = GENERATE("67108864", "0");  // with ready answers, and without
  RunningServer server(with({{"RATE_LIMIT_SERVE", "3/hour"}, {"CACHE_MEMORY_BYTES", memory}}));
  const std::string path = server.path_of(server.uploaded(png(1)));
  for (int i = 0; i < 3; ++i) {
    const auto answer = server.get(path, from("198.51.100.1"));
    CHECK(answer.status == 200);
    CHECK(answer.count("RateLimit-Remaining") == 0);  // a cache would tell it to everyone
  }
  const auto refused = server.get(path, from("198.51.100.1"));
  check_problem(refused, 429, "rate_limited");
  CHECK(is_about(refused.header("Retry-After"), 1200));
  CHECK(refused.header("RateLimit-Limit") == "3");
  CHECK(refused.header("RateLimit-Remaining") == "0");
  CHECK(is_about(refused.header("RateLimit-Reset"), 3600));
  CHECK(refused.header("Cache-Control") == "no-store");
  CHECK(refused.header("Access-Control-Allow-Origin") == "*");
  CHECK(server.head(path, from("198.51.100.1")).status == 429);
  CHECK(server.get(path, from("198.51.100.2")).status == 200);
  CHECK(says(server.get("/metrics"), "lightfast_rate_limited_total{limit=\"serve\"} 2"));
}

TEST_CASE("however images are asked for, each time counts") {
  const std::string memory = GENERATE("67108864", "0");
  RunningServer server(with({{"RATE_LIMIT_SERVE", "10/hour"}, {"CACHE_MEMORY_BYTES", memory}}));
  const auto image = server.uploaded(png(1), "alice", "&collection=trip&name=hero");
  const std::string path = server.path_of(image);
  const std::string etag = "\"" + text(image, "sha256") + "\"";
  const Headers reader = from("198.51.100.1");
  const auto with_reader = [&](const std::string& name, const std::string& value) {
    return Headers{reader.front(), {name, value}};
  };
  CHECK(server.get(path, reader).status == 200);
  CHECK(server.head(path, reader).status == 200);
  CHECK(server.get(path, with_reader("If-None-Match", etag)).status == 304);
  CHECK(server.get(path, with_reader("Range", "bytes=0-9")).status == 206);
  CHECK(server.get(path, with_reader("Range", "bytes=0-1,5-6")).status == 206);
  CHECK(server.get(path, with_reader("Authorization", "Bearer " + known_key)).status == 200);
  CHECK(server.get(path + "?download=1", reader).status == 200);
  CHECK(server.get("/v1/images/hosted/alice/trip/hero", reader).status == 200);
  CHECK(server.get("/v1/images/hosted/alice/img_01jd0000000000000000000000", reader).status == 404);
  CHECK(server.new_client().get(path, reader).status == 200);
  for (const Headers& headers : {reader, with_reader("If-None-Match", etag), with_reader("Range", "bytes=0-9"),
                                 with_reader("Authorization", "Bearer " + known_key)}) {
    CHECK(server.get(path, headers).status == 429);
  }
  CHECK(server.new_client().get(path, reader).status == 429);
  CHECK(server.get("/v1/images/hosted/alice/trip/hero", reader).status == 429);
  CHECK(server.send({.method = "OPTIONS", .target = path, .headers = reader}).status == 204);
}

TEST_CASE("requests in one breath do not slip past") {
  RunningServer server(Environment{{"RATE_LIMIT_SERVE", "7/hour"}});
  const std::string path = server.path_of(server.uploaded(png(1)));
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    bytes +=
        (i % 2 ? "HEAD " : "GET ") + path + " HTTP/1.1\r\nHost: a\r\n" + (i % 3 ? "Range: bytes=0-3\r\n" : "") + "\r\n";
  }
  RawHttpClient client(server.port());
  client.send(bytes);
  client.shutdown_send();
  const std::string said = client.receive_to_end();
  CHECK(count(said, "HTTP/1.1 20") == 7);
  CHECK(count(said, "HTTP/1.1 429 ") == 13);
}

TEST_CASE("who is no trusted proxy gains nothing by other names") {
  RunningServer server(Environment{{"RATE_LIMIT_SERVE", "2/hour"}});
  const std::string path = server.path_of(server.uploaded(png(1)));
  int read = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string address = "198.51.100." + std::to_string(i);
    read += server.get(path, {{"X-Forwarded-For", address}, {"X-Real-IP", address}}).status == 200;
  }
  CHECK(read == 2);
}

TEST_CASE("of IPv6 a network counts as one and an IPv4 address as itself however it is written") {
  RunningServer server(with({{"RATE_LIMIT_SERVE", "1/hour"}}));
  const std::string path = server.path_of(server.uploaded(png(1)));
  CHECK(server.get(path, from("2001:db8:0:1::1")).status == 200);
  CHECK(server.get(path, from("2001:db8:0:1:ffff::2")).status == 429);
  CHECK(server.get(path, from("2001:db8:0:2::1")).status == 200);
  CHECK(server.get(path, from("198.51.100.1")).status == 200);
  CHECK(server.get(path, from("::ffff:198.51.100.1")).status == 429);
}

TEST_CASE("a key may change so much wherever it is used from and each key for itself") {
  RunningServer server(with(
      {{"RATE_LIMIT_WRITE", "3/hour"}, {"RATE_LIMIT_SERVE", "1/hour"}, {"API_KEYS", known_key + "," + other_key}}));
  const auto uploaded = server.upload(png(1));
  CHECK(uploaded.status == 201);
  CHECK(uploaded.header("RateLimit-Limit") == "3");
  CHECK(uploaded.header("RateLimit-Remaining") == "2");
  CHECK(is_about(uploaded.header("RateLimit-Reset"), 1200));
  const std::string id = text(uploaded.json().as_object(), "id");
  HttpRequest elsewhere = upload_request("no image");
  elsewhere.headers.push_back(from("198.51.100.1").front());
  CHECK(server.send(elsewhere).status == 415);
  CHECK(server.api("POST", "/v1/images/alice/" + id + "/pin").status == 200);
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{{"POST", "/v1/images/generate"},
                                                        {"POST", "/v1/images/import"},
                                                        {"DELETE", "/v1/images/alice/" + id},
                                                        {"POST", "/v1/tokens"},
                                                        {"DELETE", "/v1/users/alice"},
                                                        {"PUT", "/v1/users/alice/limits"}}) {
    INFO(method << " " << target);
    const auto refused = server.api(method, target, "{}");
    check_problem(refused, 429, "rate_limited");
    CHECK(is_about(refused.header("Retry-After"), 1200));
    CHECK(refused.header("RateLimit-Remaining") == "0");
  }
  CHECK(server.upload(png(2)).status == 429);
  HttpRequest with_other = upload_request(png(2));
  with_other.headers.front().second = "Bearer " + other_key;
  CHECK(server.send(with_other).status == 201);
  // What only reads is not counted.
  CHECK(server.api("GET", "/v1/images/alice/" + id).status == 200);
  CHECK(server.api("POST", "/v1/images/sign", "{\"user_id\":\"alice\",\"id\":\"" + id + "\"}").status == 200);
  CHECK(says(server.get("/metrics"), "lightfast_rate_limited_total{limit=\"write\"} 7"));
}

TEST_CASE("who tries keys is counted by address") {
  RunningServer server(with({{"RATE_LIMIT_WRITE", "2/hour"}}));
  const auto guess = [&](const std::string& key, const std::string& address) {
    HttpRequest request = upload_request(png(1));
    request.headers = {{"Authorization", "Bearer " + key}, from(address).front()};
    return server.send(request).status;
  };
  CHECK(guess("wrong-key-1", "198.51.100.1") == 401);
  CHECK(guess("wrong-key-2", "198.51.100.1") == 401);
  CHECK(guess("wrong-key-3", "198.51.100.1") == 429);
  CHECK(guess("wrong-key-3", "198.51.100.2") == 401);
  CHECK(guess(known_key, "198.51.100.1") == 201);
}

TEST_CASE("health and metrics are never refused") {
  RunningServer server(Environment{{"RATE_LIMIT_SERVE", "1/hour"}, {"RATE_LIMIT_WRITE", "1/hour"}});
  for (int i = 0; i < 5; ++i) {
    for (const char* path : {"/healthz", "/readyz", "/metrics"}) CHECK(server.get(path).status == 200);
  }
}

TEST_CASE("a flood of refused readers does not flood the log") {
  RunningServer server(Environment{{"RATE_LIMIT_SERVE", "1/hour"}});
  const std::string path = server.path_of(server.uploaded(png(1)));
  CHECK(server.get(path).status == 200);
  for (int i = 0; i < 5; ++i) CHECK(server.get(path).status == 429);
  CHECK(server.process().stop() == 0);
  CHECK(count(server.process().log(), "\"status\":429") == 0);
}

TEST_CASE("a refused call is logged with the name of its key") {
  RunningServer server(Environment{{"RATE_LIMIT_WRITE", "1/hour"}});
  server.uploaded(png(1));
  CHECK(server.upload(png(2)).status == 429);
  CHECK(server.process().stop() == 0);
  const std::string log = server.process().log();
  const auto line = log.substr(log.rfind('\n', log.find("\"status\":429")) + 1);
  CHECK(line.substr(0, line.find('\n')).find("\"key\":\"key-1\"") != std::string::npos);
}

TEST_CASE("a rate that is none stops the start") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  const auto result = process.run({"serve"}, {{"RATE_LIMIT_SERVE", "fast"}, {"RATE_LIMIT_WRITE", "10/day"}});
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("RATE_LIMIT_SERVE=fast: allowed is N/second, N/minute or N/hour") != std::string::npos);
  CHECK(result.err.find("RATE_LIMIT_WRITE=10/day: allowed is N/second") != std::string::npos);
}

}  // namespace
}  // namespace lightfast::test
