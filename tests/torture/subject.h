// The server being tortured: the real program with the calls that the parts need, each answered or not, never throwing
// for a server that dies meanwhile. One thread at a time; writers take a SubjectClient of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/digest.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"

namespace lightfast::torture {

struct Answer {
  int status = 0;  // 0: none came, or not all of it
  std::string body;
  bool timed_out = false;
};

struct TestImage {
  std::uint32_t number = 0;  // below 2^24; another number, another image
  int side = 8;
  std::string bytes() const;
};

class SubjectClient {
 public:
  explicit SubjectClient(int port, std::chrono::milliseconds patience = std::chrono::seconds(20));

  Answer upload(const std::string& user, const std::string& bytes);
  Answer get(const std::string& path, const test::Headers& headers = {});
  Answer get_without_key(const std::string& path);
  Answer remove(const std::string& user, const std::string& id);
  Answer restore(const std::string& user, const std::string& id);
  // Ids of the user's images; with "deleted=true" of those in the trash. nullopt: no answer.
  std::optional<std::set<std::string>> list(const std::string& user, const std::string& query = "limit=1000");
  Answer send(test::HttpRequest request);

 private:
  Answer exchange(const test::HttpRequest& request);

  test::HttpClient client_;
};

// Of an upload's answer: the path of the image's URL, e.g. "/v1/images/hosted/alice/img_….png".
std::string path_of(const Answer& upload);
std::string id_of(const std::string& path);    // "img_…"
std::string file_of(const std::string& path);  // "alice/img_….png", below the images' folder

// What a server under torture is started with; `extra` over it.
test::Environment subject_environment(test::Environment extra = {});

// LD_PRELOAD with the library that takes `guarantee` away, over `environment`; as it is where that is empty.
test::Environment without(const std::string& guarantee, test::Environment environment);

// Starts it, and the milliseconds until it was ready. Throws where it doesn't start.
std::chrono::milliseconds timed_start(test::ServerProcess& server);

}  // namespace lightfast::torture
