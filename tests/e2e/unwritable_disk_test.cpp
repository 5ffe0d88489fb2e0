// A disk that turns read-only under a running server, as ext4 does after an error, and descriptors that run out: what
// is there is served, what cannot be done is said, nothing acknowledged is lost, and it passes.
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"
#include "tests/support/loop_volume.h"
#include "tests/support/raw_http_client.h"

namespace lightfast::test {
namespace {

std::string delete_path(const boost::json::object& image) {
  return "/v1/images/" + text(image, "user_id") + "/" + text(image, "id");
}

TEST_CASE("a disk that can only be read any more is served from, and nothing on it is stored or removed") {
  if (const auto reason = why_no_loop_volumes()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  const TemporaryFolder folder;
  LoopVolume volume("ext4", folder.path(), 64 << 20);
  volume.mount();
  {
    RunningServer server({{"IMAGE_STORAGE_PATH", (volume.path() / "data" / "images").string()}});
    const auto image = server.uploaded(png(1));
    const std::string path = server.path_of(image);
    volume.fail();

    CHECK(eventually([&] { return server.get("/readyz").status == 503; }));
    CHECK(server.get("/healthz").status == 200);
    check_problem(server.upload(png(2)), 503, "read_only");
    check_problem(server.api("POST", "/v1/images/generate", R"({"prompt":"a pier"})"), 503, "read_only");
    check_problem(server.api("DELETE", delete_path(image)), 503, "read_only");
    CHECK(server.get(path).body == png(1));

    server.process().stop();
    volume.unmount();
    volume.mount();
    server.process().start();
    CHECK(server.get(path).body == png(1));
    server.uploaded(png(2));
    CHECK(server.process().run({"fsck", "--verify-hashes"}).exit_code == 0);
  }
  volume.unmount();
}

// The process's own limit, which a program that it starts inherits.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{count, count};
    is_set_ = ::setrlimit(RLIMIT_NOFILE, &few) == 0;
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  bool is_set() const { return is_set_; }

 private:
  rlimit before_{};
  bool is_set_ = false;
};

TEST_CASE("when descriptors run out uploads are told to come again, and all is well when there are some") {
  RunningServer server;
  const auto image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  server.process().stop();
  {
    const FewDescriptors few(128);
    if (!few.is_set()) {
      WARN("SKIPPED: the limit of descriptors cannot be changed");
      return;
    }
    server.process().start();
  }
  CHECK(server.get(path).body == png(1));  // from here on it has a ready answer
  const std::string head =
      "POST /v1/images/upload?user_id=alice HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + known_key +
      "\r\nContent-Type: image/png\r\nContent-Length: 900000\r\n\r\n";
  std::vector<RawHttpClient> waiting;
  for (int i = 0; i < 50; ++i) waiting.emplace_back(server.process().port()).send(head + png(2));

  CHECK(server.get("/healthz").status == 200);
  CHECK(server.get(path).body == png(1));
  HttpResponse refused;
  CHECK(eventually([&] {
    waiting.emplace_back(server.process().port()).send("GET ");  // takes what one that was refused gave back
    refused = server.upload(png(3));
    return refused.status >= 300;
  }));
  check_problem(refused, 503, "overloaded");
  CHECK_FALSE(refused.header("Retry-After").empty());

  waiting.clear();
  CHECK(eventually([&] { return server.upload(png(3)).status < 300; }));
  CHECK(server.get(path).body == png(1));
  CHECK(eventually([&] { return server.leftovers().empty(); }));
  CHECK(server.process().run({"fsck", "--verify-hashes"}).exit_code == 0);
}

}  // namespace
}  // namespace lightfast::test
