// Uploads of raw bytes, and every member of the answer.
#include <catch2/catch.hpp>

#include "base/digest.h"
#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

TEST_CASE("an uploaded image is answered with all that is known of it") {
  RunningServer server;
  const std::string bytes = png(7, 31, 17);
  const HttpResponse response = server.upload(bytes, "user123");
  CHECK(response.status == 201);
  CHECK(response.header("Content-Type").starts_with("application/json"));
  const boost::json::object image = response.json().as_object();

  const std::string id = text(image, "id");
  CHECK(is_image_id(id));
  CHECK(text(image, "user_id") == "user123");
  CHECK(image.at("hosted").as_bool());
  CHECK(text(image, "url") == server.process().base_url() + "/v1/images/hosted/user123/" + id + ".png");
  CHECK(text(image, "content_type") == "image/png");
  CHECK(number(image, "size_bytes") == static_cast<std::int64_t>(bytes.size()));
  CHECK(number(image, "width") == 31);
  CHECK(number(image, "height") == 17);
  CHECK(text(image, "sha256") == sha256(bytes).hex());
  CHECK(text(image, "visibility") == "public");
  CHECK_FALSE(image.at("pinned").as_bool());
  CHECK(is_whole_second_utc(text(image, "hosted_at")));
  CHECK(is_null_or_absent(image, "expires_at"));
  CHECK(image.contains("expires_at"));
  for (const char* member : {"provider", "model", "prediction_id", "prompt", "source_url", "metadata"}) {
    INFO(member);
    CHECK(image.contains(member));
  }
  for (const char* member : {"collection", "name", "version", "named_url", "replicate_url", "failed"}) {
    INFO(member);
    CHECK_FALSE(image.contains(member));
  }
}

TEST_CASE("images holds the same object for every image of the answer") {
  RunningServer server;
  boost::json::object image = server.uploaded(png(1));
  const boost::json::array images = image.at("images").as_array();
  REQUIRE(images.size() == 1);
  image.erase("images");
  boost::json::object first = images.at(0).as_object();
  first.erase("images");
  CHECK(first == image);
}

TEST_CASE("all five kinds are known by their bytes and served as they were received") {
  RunningServer server;
  for (const FixtureImage& kind : one_of_each_kind()) {
    INFO(kind.extension);
    const boost::json::object image = server.uploaded(kind.bytes);
    CHECK(text(image, "content_type") == kind.content_type);
    CHECK(text(image, "url").ends_with("." + std::string(kind.extension)));
    CHECK(number(image, "width") == kind.width);
    CHECK(number(image, "height") == kind.height);
    const HttpResponse hosted = server.get(server.path_of(image));
    CHECK(hosted.status == 200);
    CHECK(hosted.header("Content-Type") == kind.content_type);
    CHECK(hosted.body == kind.bytes);
  }
}

TEST_CASE("what a caller claims of the type does not count") {
  RunningServer server;
  HttpRequest request = upload_request(png(1));
  request.headers[1].second = GENERATE("image/jpeg", "text/html", "image/svg+xml", "nonsense", "");
  INFO(request.headers[1].second);
  const HttpResponse response = server.send(request);
  REQUIRE(response.status == 201);
  CHECK(text(response.json().as_object(), "content_type") == "image/png");
}

TEST_CASE("a chunked upload is taken like any other") {
  RunningServer server;
  const std::string bytes = png(1, 200, 100);
  HttpRequest request = upload_request("");
  request.headers.emplace_back("Transfer-Encoding", "chunked");
  char half[32];
  std::snprintf(half, sizeof half, "%zx\r\n", bytes.size() / 2);
  char rest[32];
  std::snprintf(rest, sizeof rest, "%zx\r\n", bytes.size() - bytes.size() / 2);
  request.body =
      half + bytes.substr(0, bytes.size() / 2) + "\r\n" + rest + bytes.substr(bytes.size() / 2) + "\r\n0\r\n\r\n";
  const HttpResponse response = server.send(request);
  INFO(response.body);
  REQUIRE(response.status == 201);
  CHECK(text(response.json().as_object(), "sha256") == sha256(bytes).hex());
}

TEST_CASE("Expect: 100-continue is answered before the body comes") {
  RunningServer server;
  HttpRequest request = upload_request(png(1));
  const std::string body = std::exchange(request.body, {});
  request.headers.emplace_back("Expect", "100-continue");
  request.headers.emplace_back("Content-Length", std::to_string(body.size()));
  HttpClient client = server.new_client();
  client.connect();
  client.write(to_bytes(request));
  client.write(body);
  CHECK(client.read_response().status == 201);
}

TEST_CASE("without a user the image belongs to default") {
  RunningServer server;
  HttpRequest request = upload_request(png(1));
  request.target = "/v1/images/upload";
  const HttpResponse response = server.send(request);
  REQUIRE(response.status == 201);
  CHECK(text(response.json().as_object(), "user_id") == "default");
  CHECK(text(response.json().as_object(), "url").find("/v1/images/hosted/default/img_") != std::string::npos);
}

TEST_CASE("pinned and visibility are taken from the query, unknown parameters ignored") {
  RunningServer server;
  const auto image = server.uploaded(png(1), "alice", "&pinned=true&visibility=private&colour=blue");
  CHECK(image.at("pinned").as_bool());
  CHECK(text(image, "visibility") == "private");
  check_problem(server.upload(png(2), "alice", "&visibility=secret"), 400, "invalid_request");
}

}  // namespace
}  // namespace lightfast::test
