// What nearly every end-to-end test needs: a running server with a known key, calls with that key, uploads, and
// checks that several topics share. One thread at a time; other threads take a client of their own.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "tests/support/fixture_images.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"

namespace lightfast::test {

inline const std::string known_key = "e2e-0123456789abcdef-known-key";
inline const Headers with_key = {{"Authorization", "Bearer " + known_key}};

class RunningServer {
 public:
  // Started, with known_key in API_KEYS unless `environment` has its own.
  explicit RunningServer(Environment environment = Environment());

  ServerProcess& process() { return process_; }
  int port() const { return process_.port(); }
  HttpClient new_client() const { return HttpClient(process_.port()); }

  // Each answer is held to what openapi.json says of it.
  HttpResponse send(const HttpRequest& request);
  HttpResponse get(const std::string& target, const Headers& headers = {}) { return send({"GET", target, headers}); }
  HttpResponse head(const std::string& target, const Headers& headers = {}) { return send({"HEAD", target, headers}); }

  // With the known key. A body is JSON unless `headers` say otherwise.
  HttpResponse api(const std::string& method, const std::string& target, const std::string& body = "",
                   const Headers& headers = {});

  // Raw bytes for `user` (percent-encoded here); `query` is added as it stands, e.g. "&visibility=private".
  HttpResponse upload(const std::string& bytes, const std::string& user = "alice", const std::string& query = "");
  // The same, and the test ends here unless it is answered 201.
  boost::json::object uploaded(const std::string& bytes, const std::string& user = "alice",
                               const std::string& query = "");

  // The path of a URL that this server handed out; the test ends here if it is not one of its own.
  std::string path_of(const boost::json::object& image) const;

  // Files (never folders) under the images' folder, relative to it.
  std::set<std::string> image_files() const;
  // Everything else under the data folder that is not one of the program's own standing files.
  std::set<std::string> leftovers() const;

 private:
  std::set<std::string> other_files() const;

  ServerProcess process_;
  HttpClient client_;
  std::set<std::string> standing_files_;  // what the data folder holds when nothing has been uploaded
};

HttpRequest upload_request(const std::string& bytes, const std::string& user = "alice", const std::string& query = "");

// Members of an answer, with a readable failure where one is missing or of another type.
std::string text(const boost::json::object& object, std::string_view member);
std::int64_t number(const boost::json::object& object, std::string_view member);
bool is_null_or_absent(const boost::json::object& object, std::string_view member);

// "img_" and 26 characters; 2026-11-28T10:00:00Z.
bool is_image_id(std::string_view id);
bool is_whole_second_utc(std::string_view time);

// RFC 9457 and the product's own `code`.
void check_problem(const HttpResponse& response, int status, std::string_view code);

}  // namespace lightfast::test
