// Upload tickets: POST /v1/uploads, and one image to the URL that it hands out.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

struct TicketServer : RunningServer {
  explicit TicketServer(Environment environment = Environment()) : RunningServer(std::move(environment)) {}

  HttpResponse ask(const json::object& body, const std::string& key = known_key) {
    return send({"POST", "/v1/uploads", {{"Authorization", "Bearer " + key}}, json::serialize(body)});
  }
  // The path of an upload URL.
  std::string ticket(const json::object& body = {{"user_id", "ana"}}, const std::string& key = known_key) {
    const HttpResponse response = ask(body, key);
    INFO(response.body);
    REQUIRE(response.status == 201);
    CHECK(response.header("Cache-Control") == "no-store");
    const json::object made = response.json().as_object();
    CHECK(is_whole_second_utc(text(made, "expires_at")));
    return path_of({{"url", made.at("upload_url")}});
  }
  HttpResponse put(const std::string& path, const std::string& bytes, const Headers& headers = {}) {
    return send({"PUT", path, headers, bytes});
  }
  json::object stored(const HttpResponse& response, int status = 201) {
    INFO(response.body);
    REQUIRE(response.status == status);
    return response.json().as_object();
  }
};

TEST_CASE("a PUT to an upload URL needs no key and makes the image that was asked for") {
  TicketServer server;
  const std::string path = server.ticket({{"user_id", "auth0|abc"},
                                          {"collection", "Übelkeit"},
                                          {"name", "Hero.png"},
                                          {"visibility", "private"},
                                          {"pinned", true},
                                          {"metadata", {{"shot", "front"}}},
                                          {"prompt", "ein Leuchtturm in der Dämmerung"},
                                          {"source_url", "https://example.org/a?b=c&d"}});
  const HttpResponse response = server.put(path, png(1));
  const json::object image = server.stored(response);
  CHECK(text(image, "user_id") == "auth0|abc");
  CHECK(text(image, "collection") == "uebelkeit");
  CHECK(text(image, "name") == "hero");
  CHECK(number(image, "version") == 1);
  CHECK(text(image, "visibility") == "private");
  CHECK(image.at("pinned").as_bool());
  CHECK(image.at("metadata") == json::value{{"shot", "front"}});
  CHECK(text(image, "prompt") == "ein Leuchtturm in der Dämmerung");
  CHECK(text(image, "source_url") == "https://example.org/a?b=c&d");
  CHECK(image.at("images").as_array().size() == 1);
  CHECK(response.header("Location") == text(image, "url"));
  CHECK(server.get(server.path_of(image)).status == 404);
  CHECK(server.get(server.path_of(image), with_key).body == png(1));
}

TEST_CASE("an upload URL takes a POST too and nothing else") {
  TicketServer server;
  const std::string path = server.ticket({{"user_id", "ana"}, {"image_expires_in", 7'200}});
  for (const std::string method : {"GET", "HEAD", "DELETE", "PATCH"}) {
    const HttpResponse refused = server.send({method, path});
    CHECK(refused.status == 405);
    CHECK(refused.header("Allow") == "PUT, POST, OPTIONS");
  }
  const json::object image = server.stored(server.send({"POST", path, {{"Content-Type", "image/png"}}, png(1)}));
  CHECK(is_whole_second_utc(text(image, "expires_at")));
}

TEST_CASE("a browser on another site may PUT to an upload URL and read what it is told") {
  TicketServer server;
  const std::string path = server.ticket();
  const Headers asks = {{"Origin", "https://app.example.org"},
                        {"Access-Control-Request-Method", "PUT"},
                        {"Access-Control-Request-Headers", "content-type"}};
  const HttpResponse preflight = server.send({"OPTIONS", path, asks});
  CHECK(preflight.status == 204);
  CHECK(preflight.header("Access-Control-Allow-Origin") == "*");
  CHECK(preflight.header("Access-Control-Allow-Methods").find("PUT") != std::string::npos);
  CHECK(preflight.header("Access-Control-Allow-Headers").find("Content-Type") != std::string::npos);
  const Headers origin = {{"Origin", "https://app.example.org"}, {"Content-Type", "image/png"}};
  for (const std::string& bytes : {std::string("no image"), png(1), png(2)}) {
    CHECK(server.put(path, bytes, origin).header("Access-Control-Allow-Origin") == "*");
  }
  CHECK(server.put(path + "x", png(1), origin).header("Access-Control-Allow-Origin") == "*");
}

TEST_CASE("an upload URL brings one image even across a kill and the same bytes again get the same answer") {
  TicketServer server;
  const std::string path = server.ticket();
  const json::object image = server.stored(server.put(path, png(1)));
  for (const bool killed : {false, true}) {
    if (killed) {
      server.process().kill();
      server.process().start();
    }
    CHECK(server.stored(server.put(path, png(1)), 200) == image);
    check_problem(server.put(path, png(2)), 409, "conflict");
    check_problem(server.put(path, "no image"), 409, "conflict");
  }
  CHECK(server.image_files().size() == 1);
  CHECK(server.leftovers().empty());
}

TEST_CASE("an upload URL is as good as new after an upload that failed") {
  TicketServer server(Environment{{"IMAGE_MAX_BYTES", "4096"}});
  const std::string path = server.ticket();
  check_problem(server.put(path, "no image"), 415, "unsupported_image");
  check_problem(server.put(path, png(1).substr(0, 60)), 422, "invalid_image");
  check_problem(server.put(path, ""), 415, "unsupported_image");
  check_problem(server.put(path, std::string(5'000, 'x')), 413, "too_large");
  check_problem(server.put(path, png(1), {{"Content-Type", "multipart/form-data; boundary=x"}}), 400,
                "invalid_request");
  HttpClient dropped = server.new_client();
  dropped.connect();
  dropped.write("PUT " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n" + png(1).substr(0, 60));
  dropped.close();
  HttpClient bodiless = server.new_client();
  bodiless.connect();
  bodiless.write("PUT " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  check_problem(bodiless.read_response("PUT"), 411, "length_required");
  server.stored(server.put(path, png(1)));
}

TEST_CASE("of many at one upload URL one brings its image and the others are told so") {
  TicketServer server;
  const std::string path = server.ticket();
  constexpr int callers = 8;
  std::vector<int> statuses(callers);
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&, i, client = server.new_client()]() mutable {
      statuses[i] = client.send({"PUT", path, {}, png(static_cast<std::uint32_t>(i))}).status;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::count(statuses.begin(), statuses.end(), 201) == 1);
  CHECK(std::count(statuses.begin(), statuses.end(), 409) == callers - 1);
  CHECK(server.image_files().size() == 1);
  CHECK(server.leftovers().empty());
}

TEST_CASE("bytes that are here already use an upload URL up as well") {
  TicketServer server;
  const json::object image = server.uploaded(png(1), "ana");
  const std::string path = server.ticket();
  CHECK(text(server.stored(server.put(path, png(1)), 200), "id") == text(image, "id"));
  check_problem(server.put(path, png(2)), 409, "conflict");
}

TEST_CASE("an upload URL never brings back an image that was removed") {
  for (const std::string days : {"7", "0"}) {
    TicketServer server(Environment{{"IMAGE_TRASH_DAYS", days}});
    const std::string path = server.ticket();
    const json::object image = server.stored(server.put(path, png(1)));
    CHECK(server.api("DELETE", "/v1/images/ana/" + text(image, "id")).status == 204);
    check_problem(server.put(path, png(1)), 409, "conflict");
    check_problem(server.put(path, png(2)), 409, "conflict");
    CHECK(server.get(server.path_of(image)).status == 404);
  }
}

TEST_CASE("the same bytes again heal an image that an upload URL brought") {
  TicketServer server;
  const std::string path = server.ticket();
  const json::object image = server.stored(server.put(path, png(1)));
  const auto file = server.process().images() / *server.image_files().begin();
  write_file(file, png(2));
  check_problem(server.get(server.path_of(image)), 503, "damaged");
  CHECK(text(server.stored(server.put(path, png(1)), 200), "id") == text(image, "id"));
  CHECK(server.get(server.path_of(image)).body == png(1));
}

TEST_CASE("no character of an upload URL can be another and a signature that reads brings nothing") {
  TicketServer server;
  const std::string path = server.ticket({{"user_id", "ana"}, {"visibility", "private"}});
  const std::string used = server.ticket();
  const json::object image = server.stored(server.put(used, png(1)));
  for (std::size_t i = path.find("upl_"); i < path.size(); ++i) {
    std::string changed = path;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    INFO(changed);
    const HttpResponse response = server.put(changed, png(2));
    CHECK((response.status == 403 || response.status == 404));
  }
  for (const std::string& changed :
       {path + "&user_id=bob", path + "&exp=9999999999", path.substr(0, path.find("&sig=")),
        path.substr(0, path.find('?')), used.substr(0, used.find('?')) + path.substr(path.find('?'))}) {
    INFO(changed);
    check_problem(server.put(changed, png(2)), 403, "signature_invalid");
  }
  const HttpResponse read_url =
      server.api("POST", "/v1/images/sign", json::serialize(json::object{{"user_id", "ana"}, {"id", image.at("id")}}));
  const std::string signed_path = server.path_of(read_url.json().as_object());
  check_problem(server.put(path.substr(0, path.find('?')) + signed_path.substr(signed_path.find('?')), png(2)), 403,
                "signature_invalid");
  CHECK(server.image_files().size() == 1);
  server.stored(server.put(path, png(2)));
}

TEST_CASE("an upload URL ends with its time and with its key") {
  TicketServer server;
  const std::string brief = server.ticket({{"user_id", "ana"}, {"expires_in", 1}});
  const std::string made = server.process().run({"keys", "create", "--name", "phone", "--user", "ana"}).out;
  const std::string phone = made.substr(0, made.size() - 1);
  const std::string path = server.ticket({}, phone);
  check_problem(server.ask({{"user_id", "bob"}}, phone), 403, "forbidden");
  CHECK(server.process().run({"keys", "revoke", "phone"}).exit_code == 0);
  check_problem(server.put(path, png(1)), 403, "forbidden");

  REQUIRE(eventually([&] {
    return server.put(brief, "no image").status == 403;  // spends nothing
  }));
  check_problem(server.put(brief, png(1)), 403, "signature_expired");
  CHECK(server.image_files().empty());
}

TEST_CASE("a token's upload URL ends no later than the token") {
  TicketServer server;
  const HttpResponse made = server.api("POST", "/v1/tokens", R"({"user_id":"ana","expires_in":600})");
  const std::string token = text(made.json().as_object(), "token");
  const HttpResponse asked = server.ask({{"expires_in", 86'400}}, token);
  REQUIRE(asked.status == 201);
  CHECK(text(asked.json().as_object(), "expires_at") == text(made.json().as_object(), "expires_at"));
  CHECK(text(server.stored(server.put(server.ticket({}, token), png(1))), "user_id") == "ana");
}

TEST_CASE("the limits of an upload hold at an upload URL and a repetition needs no room") {
  TicketServer server(Environment{{"IMAGE_PER_USER_LIMIT", "1"}, {"IMAGE_USER_LIMIT_POLICY", "reject"}});
  const std::string first = server.ticket(), second = server.ticket();
  server.stored(server.put(first, png(1)));
  check_problem(server.put(second, png(2)), 409, "user_limit");
  server.stored(server.put(first, png(1)), 200);
}

TEST_CASE("an address may send to upload URLs at the rate of writing whatever comes of it") {
  TicketServer server(Environment{{"RATE_LIMIT_WRITE", "3/hour"}});
  const std::string path = server.ticket();
  for (int i = 0; i < 2; ++i) check_problem(server.put(path, "no image"), 415, "unsupported_image");
  server.stored(server.put(path, png(1)));
  check_problem(server.put(path, png(1)), 429, "rate_limited");
}

TEST_CASE("an upload URL leads to this server and is under 1000 characters whatever it says") {
  TicketServer server(Environment{{"CDN_BASE_URL", "https://cdn.example.org"}});
  const std::string path = server.ticket({{"user_id", std::string(128, '|')},
                                          {"collection", std::string(4'000, 'c')},
                                          {"name", std::string(2'000, 'n') + "/" + std::string(2'000, 'r')}});
  CHECK((server.process().base_url() + path).size() < 1'000);
  const json::object image = server.stored(server.put(path, png(1)));
  CHECK(text(image, "url").starts_with("https://cdn.example.org/"));

  CHECK(server.ask({{"metadata", std::string(400, 'm')}}).status == 201);
  const HttpResponse refused = server.ask({{"metadata", std::string(60'000, 'm')}});
  check_problem(refused, 400, "invalid_request");
  CHECK(refused.body.find("metadata") != std::string::npos);
}

TEST_CASE("what no upload URL can be made of is refused by name") {
  TicketServer server;
  for (const json::object& body : std::vector<json::object>{{{"expires_in", 0}},
                                                            {{"expires_in", 86'401}},
                                                            {{"image_expires_in", "tomorrow"}},
                                                            {{"collection", "trip"}},
                                                            {{"visibility", "secret"}},
                                                            {{"pinned", 1}}}) {
    const HttpResponse refused = server.ask(body);
    check_problem(refused, 400, "invalid_request");
    CHECK(refused.body.find("`" + std::string(body.begin()->key()) + "`") != std::string::npos);
  }
  check_problem(server.ask({{"user_id", "hosted"}}), 400, "invalid_user_id");
}

}  // namespace
}  // namespace lightfast::test
