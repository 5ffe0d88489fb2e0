// HOTLINK_ALLOW_HOSTS: pages of other sites get no images, whichever way the request takes.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/raw_http_client.h"

namespace lightfast::test {
namespace {

const Headers from_ours = {{"Referer", "https://www.example.com/gallery"}};
const Headers from_others = {{"Referer", "https://evil.net/"}};

Environment limited() {
  return {{"HOTLINK_ALLOW_HOSTS", "example.com,*.example.com"},
          {"PUBLIC_BASE_URL", "https://img.example.net"},
          {"CDN_BASE_URL", "https://cdn.example.net"},
          {"CACHE_MEMORY_BYTES", GENERATE("67108864", "0")}};  // with ready answers, and without
}

std::string path_of(const boost::json::object& image) {
  const std::string url = text(image, "url");
  return url.substr(url.find("/v1/"));
}

TEST_CASE("pages of other sites are refused, our own and those listed are not") {
  RunningServer server(limited());
  const std::string path = path_of(server.uploaded(png(1)));
  for (int i = 0; i < 2; ++i) {
    for (const Headers& allowed :
         {Headers{}, from_ours, Headers{{"Origin", "https://example.com"}}, Headers{{"Origin", "null"}},
          Headers{{"Referer", "https://img.example.net/x"}}, Headers{{"Referer", "https://cdn.example.net/"}}}) {
      const auto answer = server.get(path, allowed);
      CHECK(answer.status == 200);
      CHECK(answer.header("Vary") == "Authorization, Origin, Referer");
      CHECK(answer.body == png(1));
    }
    for (const Headers& others :
         {from_others, Headers{{"Origin", "https://evil.net"}},
          Headers{from_ours.front(), {"Origin", "https://evil.net"}}, Headers{from_ours.front(), from_others.front()},
          Headers{{"Referer", "https://example.com.evil.net/"}}, Headers{from_others.front(), {"Range", "bytes=0-3"}},
          Headers{from_others.front(), {"If-None-Match", "*"}}}) {
      const auto answer = server.get(path, others);
      check_problem(answer, 403, "forbidden");
      CHECK(answer.header("Cache-Control") == "no-store");
      CHECK(server.head(path, others).status == 403);
    }
    // An image that is not there is refused likewise.
    CHECK(server.get("/v1/images/hosted/alice/img_01jd0000000000000000000000", from_others).status == 403);
  }
}

TEST_CASE("conditional answers and parts say Vary too") {
  RunningServer server(limited());
  const auto image = server.uploaded(png(1), "alice", "&collection=trip&name=hero");
  const std::string etag = "\"" + text(image, "sha256") + "\"";
  const std::string path = path_of(image);
  for (int i = 0; i < 2; ++i) {
    CHECK(server.get(path, {{"If-None-Match", etag}}).header("Vary") == "Authorization, Origin, Referer");
    CHECK(server.get(path, {{"Range", "bytes=0-3"}}).header("Vary") == "Authorization, Origin, Referer");
    CHECK(server.head(path, from_ours).header("Vary") == "Authorization, Origin, Referer");
    CHECK(server.get("/v1/images/hosted/alice/trip/hero").header("Vary") == "Authorization, Origin, Referer");
  }
  CHECK(server.get("/v1/images/hosted/alice/trip/hero", from_others).status == 403);
}

TEST_CASE("a key or a signature passes wherever it is used") {
  RunningServer server(limited());
  const auto image = server.uploaded(png(1));
  const std::string path = path_of(image);
  CHECK(server.get(path, {from_others.front(), with_key.front()}).status == 200);
  CHECK(server.get(path, {from_others.front(), {"Authorization", "Bearer nonsense"}}).status == 403);
  const auto signing =
      server.api("POST", "/v1/images/sign",
                 boost::json::serialize(boost::json::object{{"user_id", "alice"}, {"id", image.at("id")}}));
  CHECK(server.get(path_of(signing.json().as_object()), from_others).status == 200);
}

TEST_CASE("nothing slips past among requests in one breath") {
  RunningServer server(limited());
  const std::string path = path_of(server.uploaded(png(1)));
  server.get(path);
  std::string bytes;
  for (int i = 0; i < 12; ++i) {
    bytes +=
        "HEAD " + path + " HTTP/1.1\r\nHost: a\r\n" + (i % 3 == 1 ? "Referer: https://evil.net/\r\n" : "") + "\r\n";
  }
  RawHttpClient client(server.port());
  client.send(bytes);
  client.shutdown_send();
  std::string statuses;
  const std::string said = client.receive_to_end();
  for (std::size_t at = 0; (at = said.find("HTTP/1.1 ", at)) != std::string::npos; ++at)
    statuses += said.substr(at + 9, 1);
  CHECK(statuses == "242242242242");
}

TEST_CASE("a refused page costs its reader one request of the rate, not two") {
  Environment environment = limited();
  environment["RATE_LIMIT_SERVE"] = "4/hour";
  RunningServer server(environment);
  const std::string path = path_of(server.uploaded(png(1)));
  CHECK(server.get(path).status == 200);
  CHECK(server.get(path, from_others).status == 403);
  CHECK(server.get(path, from_others).status == 403);
  CHECK(server.get(path).status == 200);
  CHECK(server.get(path, from_others).status == 429);
}

TEST_CASE("a host that is none stops the start") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  const auto result = process.run({"serve"}, {{"HOTLINK_ALLOW_HOSTS", "example.com,https://example.org"}});
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("HOTLINK_ALLOW_HOSTS=https://example.org: allowed is hosts such as") != std::string::npos);
}

}  // namespace
}  // namespace lightfast::test
