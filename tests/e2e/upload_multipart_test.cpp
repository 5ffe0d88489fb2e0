// Uploads as multipart/form-data: one file and several, good and bad ones together.
#include <catch2/catch.hpp>

#include "base/digest.h"
#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

const std::string boundary = "----beacon0123456789";

std::string file_part(const std::string& name, const std::string& filename, const std::string& bytes,
                      const std::string& type = "image/png") {
  return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + filename +
         "\"\r\nContent-Type: " + type + "\r\n\r\n" + bytes + "\r\n";
}

std::string field_part(const std::string& name, const std::string& value) {
  return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}

const std::string closing = "--" + boundary + "--\r\n";

HttpResponse post_form(RunningServer& server, const std::string& body, const std::string& query = "?user_id=alice") {
  return server.api("POST", "/v1/images/upload" + query, body,
                    {{"Content-Type", "multipart/form-data; boundary=" + boundary}});
}

TEST_CASE("a form with one file is stored under the query's user") {
  RunningServer server;
  const HttpResponse response = post_form(server, file_part("file", "beacon.png", png(1)) + closing);
  INFO(response.body);
  REQUIRE(response.status == 201);
  const boost::json::object image = response.json().as_object();
  CHECK(text(image, "sha256") == sha256(png(1)).hex());
  CHECK(text(image, "user_id") == "alice");
}

TEST_CASE("whose limit counts is what the form says where the query says nothing") {
  RunningServer server(Environment{{"IMAGE_USER_LIMIT_POLICY", "reject"}, {"IMAGE_PER_USER_LIMIT", "1"}});
  server.uploaded(png(1), "default");
  server.uploaded(png(1), "bob");
  const std::string file = file_part("file", "beacon.png", png(2)) + closing;
  CHECK(post_form(server, field_part("user_id", "alice") + file, "").status == 201);
  check_problem(post_form(server, field_part("user_id", "bob") + file, ""), 409, "user_limit");
  check_problem(post_form(server, file, "?user_id=bob"), 409, "user_limit");
  check_problem(post_form(server, file, ""), 409, "user_limit");
}

TEST_CASE("every part that is a file is stored, in order") {
  RunningServer server;
  const auto kinds = one_of_each_kind();
  std::string body;
  for (const FixtureImage& kind : kinds) {
    body += file_part("files", "a." + std::string(kind.extension), kind.bytes, "application/octet-stream");
  }
  const HttpResponse response = post_form(server, body + closing);
  INFO(response.body);
  REQUIRE(response.status == 201);
  const boost::json::object answer = response.json().as_object();
  const boost::json::array& images = answer.at("images").as_array();
  REQUIRE(images.size() == kinds.size());
  CHECK(text(answer, "id") == text(images.at(0).as_object(), "id"));
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CHECK(text(images.at(i).as_object(), "content_type") == kinds[i].content_type);
    CHECK(server.get(server.path_of(images.at(i).as_object())).body == kinds[i].bytes);
  }
  CHECK_FALSE(answer.contains("failed"));
}

TEST_CASE("of several files the good ones are stored and the others named by index and code") {
  RunningServer server;
  const HttpResponse response = post_form(
      server, file_part("a", "broken.png", png(1).substr(0, 60)) + file_part("b", "good.png", png(2)) +
                  file_part("c", "text.png", "only words, no image at all") + file_part("d", "x", png(3)) + closing);
  INFO(response.body);
  REQUIRE(response.status == 201);
  const boost::json::object answer = response.json().as_object();
  CHECK(answer.at("images").as_array().size() == 2);
  CHECK(text(answer, "sha256") == sha256(png(2)).hex());
  const boost::json::array& failed = answer.at("failed").as_array();
  REQUIRE(failed.size() == 2);
  CHECK(number(failed.at(0).as_object(), "index") == 0);
  CHECK(text(failed.at(0).as_object(), "code") == "invalid_image");
  CHECK(number(failed.at(1).as_object(), "index") == 2);
  CHECK(text(failed.at(1).as_object(), "code") == "unsupported_image");
  CHECK(server.image_files().size() == 2);
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("if none of several files is stored the answer is an error") {
  RunningServer server;
  const HttpResponse response = post_form(server, file_part("a", "1.png", "no image at all, only words") +
                                                      file_part("b", "2.png", "no image either, only words") + closing);
  check_problem(response, 415, "unsupported_image");
  CHECK(server.image_files() == std::set<std::string>{});
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("a form without a file is 400") {
  RunningServer server;
  check_problem(post_form(server, field_part("user_id", "alice") + closing), 400, "invalid_request");
  check_problem(post_form(server, closing), 400, "invalid_request");
}

TEST_CASE("a form that breaks off is 400 and leaves nothing") {
  RunningServer server;
  const std::string whole = file_part("a", "1.png", png(1)) + file_part("b", "2.png", png(2)) + closing;
  const std::size_t kept = GENERATE_COPY(whole.size() - 6, whole.size() - closing.size() - 2, whole.size() / 2, 40u);
  INFO(kept << " of " << whole.size());
  check_problem(post_form(server, whole.substr(0, kept)), 400, "invalid_request");
  CHECK(server.image_files() == std::set<std::string>{});
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("a form without a boundary is 400") {
  RunningServer server;
  const HttpResponse response = server.api("POST", "/v1/images/upload", file_part("a", "1.png", png(1)) + closing,
                                           {{"Content-Type", "multipart/form-data"}});
  check_problem(response, 400, "invalid_request");
}

TEST_CASE("a file name names nothing on disk") {
  RunningServer server;
  const HttpResponse response = post_form(server, file_part("file", "../../../evil.png", png(1)) + closing);
  REQUIRE(response.status == 201);
  const std::string id = text(response.json().as_object(), "id");
  CHECK(server.image_files() == std::set<std::string>{"alice/" + id + ".png"});
  CHECK(server.leftovers() == std::set<std::string>{});
}

}  // namespace
}  // namespace lightfast::test
