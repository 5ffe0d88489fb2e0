// What is not kept: broken, cut, unknown, too large. Nothing of it stays on disk.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

void check_nothing_kept(RunningServer& server) {
  CHECK(server.image_files() == std::set<std::string>{});
  CHECK(server.leftovers() == std::set<std::string>{});
  const HttpResponse usage = server.api("GET", "/v1/users/alice/usage");
  CHECK(number(usage.json().as_object(), "images") == 0);
}

TEST_CASE("an image cut anywhere after its signature is invalid") {
  RunningServer server;
  for (const FixtureImage& kind : one_of_each_kind()) {
    const std::size_t size = kind.bytes.size();
    for (const std::size_t kept : {size - 1, size - 2, size - 5, size * 3 / 4, size / 2, size / 3, std::size_t{33}}) {
      INFO(kind.extension << " cut to " << kept << " of " << size);
      check_problem(server.upload(kind.bytes.substr(0, kept)), 422, "invalid_image");
    }
  }
  check_nothing_kept(server);
}

TEST_CASE("a PNG with one flipped bit anywhere is invalid") {
  RunningServer server;
  const std::string whole = png(1);
  for (std::size_t at = 8; at < whole.size(); at += 3) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    INFO("byte " << at);
    const HttpResponse response = server.upload(broken);
    CHECK(response.status == 422);
  }
  check_nothing_kept(server);
}

TEST_CASE("what is no image of the five kinds is unsupported") {
  RunningServer server;
  const std::vector<std::pair<std::string, std::string>> others = {
      {"text", "just words, and enough of them to look at"},
      {"html", "<!doctype html><html><body><h1>404</h1></body></html>"},
      {"svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"},
      {"svg with prolog", "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>"},
      {"bmp", std::string("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0", 30) +
                  std::string(40, '\0')},
      {"tiff", std::string("II*\0\x08\0\0\0", 8) + std::string(64, '\0')},
      {"pdf", "%PDF-1.7\n1 0 obj<<>>endobj trailer<<>> %%EOF"},
      {"mp4", std::string("\0\0\0\x18"
                          "ftypisom\0\0\2\0isomiso2",
                          24) +
                  std::string(64, '\0')},
      {"wav", std::string("RIFF\x24\0\0\0WAVEfmt ", 16) + std::string(32, '\0')},
      {"zeros", std::string(100, '\0')},
      {"one byte", "\x89"},
      {"zip", std::string("PK\3\4\x14\0\0\0", 8) + std::string(64, '\0')},
  };
  for (const auto& [name, bytes] : others) {
    INFO(name);
    check_problem(server.upload(bytes), 415, "unsupported_image");
  }
  check_nothing_kept(server);
}

TEST_CASE("an empty body is no image") {
  RunningServer server;
  const HttpResponse response = server.upload("");
  CHECK((response.status == 400 || response.status == 415));
  check_nothing_kept(server);
}

TEST_CASE("a body over IMAGE_MAX_BYTES is too large, however it comes") {
  RunningServer server(Environment{{"IMAGE_MAX_BYTES", "4000"}});
  const std::string fits = png(1, 30, 30);
  REQUIRE(fits.size() < 4000);
  const std::string large = png(2, 60, 60);
  REQUIRE(large.size() > 4000);
  check_problem(server.upload(large), 413, "too_large");

  HttpRequest chunked = upload_request("");
  chunked.headers.emplace_back("Transfer-Encoding", "chunked");
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", large.size());
  chunked.body = size + large + "\r\n0\r\n\r\n";
  check_problem(server.new_client().send(chunked), 413, "too_large");
  check_nothing_kept(server);
  CHECK(server.new_client().send(upload_request(fits)).status == 201);
}

TEST_CASE("a body announced as too large is refused before it comes") {
  RunningServer server(Environment{{"IMAGE_MAX_BYTES", "4000"}});
  HttpRequest request = upload_request("");
  request.headers.emplace_back("Content-Length", "1000000000");
  HttpClient client = server.new_client();
  client.connect();
  client.write(to_bytes(request));
  check_problem(client.read_response(), 413, "too_large");
  check_nothing_kept(server);
}

TEST_CASE("with too little disk an upload is refused before it comes, in whatever form") {
  RunningServer server(Environment{{"IMAGE_MIN_FREE_BYTES", "1000000000000000"}});
  for (const char* type : {"image/png", "application/json", "multipart/form-data; boundary=beacon"}) {
    INFO(type);
    HttpRequest request = upload_request("");
    request.headers.back().second = type;
    request.headers.emplace_back("Content-Length", "1000");
    HttpClient client = server.new_client();
    client.connect();
    client.write(to_bytes(request));
    check_problem(client.read_response(), 507, "storage_full");
  }
}

TEST_CASE("too many pixels or too long a side are refused by the header's word alone") {
  RunningServer server(Environment{{"IMAGE_MAX_PIXELS", "1000"}, {"IMAGE_MAX_SIDE", "100"}});
  check_problem(server.upload(png(1, 40, 26)), 422, "too_many_pixels");
  check_problem(server.upload(png(1, 101, 2)), 422, "too_many_pixels");
  check_problem(server.upload(png(1, 2, 101)), 422, "too_many_pixels");
  check_problem(server.upload(png_claiming(2'000'000'000, 2'000'000'000)), 422, "too_many_pixels");
  check_nothing_kept(server);
  CHECK(server.upload(png(1, 100, 10)).status == 201);
}

TEST_CASE("a bomb costs one answer with the default limits") {
  RunningServer server;
  check_problem(server.upload(png_claiming(16'384, 16'384)), 422, "too_many_pixels");
  check_problem(server.upload(png_claiming(16'385, 1)), 422, "too_many_pixels");
  CHECK(server.upload(png_claiming(7000, 7000)).status == 422);
  check_problem(server.upload(png_claiming(0, 5)), 422, "invalid_image");
  check_nothing_kept(server);
  CHECK(server.upload(png(1)).status == 201);
}

TEST_CASE("an upload that breaks off leaves nothing") {
  RunningServer server;
  HttpRequest request = upload_request(png(1, 300, 300));
  const std::string bytes = to_bytes(request);
  for (const std::size_t sent : {bytes.size() - 1, bytes.size() / 2, bytes.size() - request.body.size() + 1}) {
    HttpClient client = server.new_client();
    client.connect();
    client.write(std::string_view(bytes).substr(0, sent));
    client.close();
  }
  CHECK(server.process().stop() == 0);  // by then all has been cleared away
  server.process().start();
  check_nothing_kept(server);
}

TEST_CASE("after every refusal the same connection goes on or ends cleanly, and good images are taken") {
  RunningServer server;
  for (int i = 0; i < 5; ++i) {
    CHECK(server.upload("no image at all, only words").status == 415);
    CHECK(server.upload(png(1).substr(0, 70)).status == 422);
  }
  CHECK(server.upload(png(1)).status == 201);
}

}  // namespace
}  // namespace lightfast::test
