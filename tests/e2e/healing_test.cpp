// A damaged image gets its bytes back when somebody brings them again.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

struct Healing {
  RunningServer server;
  const std::string bytes = png(1, 50, 50);
  const boost::json::object image = server.uploaded(bytes);
  const std::string path = server.path_of(image);
  const std::filesystem::path file = server.process().images() / "alice" / (text(image, "id") + ".png");

  void check_healed() {
    const HttpResponse served = server.get(path);
    CHECK(served.status == 200);
    CHECK(served.body == bytes);
    CHECK(server.image_files().size() == 1);
    CHECK(server.process().run({"list", "--json"}).out.find("damaged_at") == std::string::npos);
  }
};

TEST_CASE("an upload of the same bytes heals a damaged image") {
  Healing at;
  const bool is_known = GENERATE(true, false);
  write_file(at.file, png(2, 50, 50));
  if (is_known) {
    check_problem(at.server.get(at.path), 503, "damaged");
    CHECK(at.server.process().run({"list", "--json"}).out.find("damaged_at") != std::string::npos);
  }
  const HttpResponse again = at.server.upload(at.bytes);
  CHECK(again.status == 200);
  CHECK(text(again.json().as_object(), "id") == text(at.image, "id"));
  at.check_healed();
}

TEST_CASE("an upload of the same bytes heals an image whose file is gone") {
  Healing at;
  std::filesystem::remove(at.file);
  CHECK(at.server.upload(at.bytes).status == 200);
  at.check_healed();
}

TEST_CASE("an import of the same bytes heals a damaged image") {
  Healing at;
  std::filesystem::resize_file(at.file, 20);
  const std::string body = boost::json::serialize(
      boost::json::object{{"user_id", "alice"}, {"url", "data:image/png;base64," + to_base64(at.bytes)}});
  const HttpResponse imported = at.server.api("POST", "/v1/images/import", body);
  CHECK(imported.status == 200);
  CHECK(text(imported.json().as_object(), "id") == text(at.image, "id"));
  at.check_healed();
}

TEST_CASE("a whole image is not stored again when the same bytes come") {
  Healing at;
  write_file(at.file, at.bytes);  // touched, but whole
  CHECK(at.server.upload(at.bytes).status == 200);
  at.check_healed();
  CHECK(at.server.leftovers() == std::set<std::string>{});
}

}  // namespace
}  // namespace lightfast::test
