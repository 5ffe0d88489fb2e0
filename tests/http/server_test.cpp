#include "server/http/server.h"

#include <catch2/catch.hpp>

#include "tests/http/test_server.h"
#include "tests/support/http_client.h"
#include "tests/support/raw_http_client.h"

using namespace lightfast;
using test::HttpClient;
using test::RawHttpClient;
using test::TestServer;

TEST_CASE("a GET is answered, and the connection kept for the next one") {
  TestServer server;
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto response = client.get("/hello");
    CHECK(response.status == 200);
    CHECK(response.body == "hello");
    CHECK(response.header("Date") == "Sat, 28 Nov 2026 10:00:00 GMT");
    CHECK(response.header("Content-Length") == "5");
    CHECK(client.is_connected());
  }
}
