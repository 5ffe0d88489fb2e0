// A disk that something else has filled to the last byte or the last inode: what was acknowledged is served, can be
// removed and is not lost, and everything goes on by itself when there is room again.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"
#include "tests/support/small_disk.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;

Environment on(const SmallDisk& disk, Environment environment = {}) {
  environment.emplace("IMAGE_STORAGE_PATH", (disk.path() / "data" / "images").string());
  return environment;
}

bool has_ballast(RunningServer& server) {
  std::error_code missing;
  const auto size = fs::file_size(server.process().data() / "ballast", missing);
  return !missing && size > 0;
}

std::string delete_path(const boost::json::object& image) {
  return "/v1/images/" + text(image, "user_id") + "/" + text(image, "id");
}

std::string refusal(RunningServer& server) {
  const HttpResponse response = server.get("/readyz");
  if (response.status == 200) return "";
  return std::string(response.json().at("reasons").at(0).as_string());
}

// Different every time, and a good part of these disks.
std::string large_png(std::uint32_t number) {
  return png(number, 300, 300);
}

TEST_CASE("with not one byte free images are served, removed and cleaned up, and uploads go on when there is room") {
  const auto disk = SmallDisk::mount("size=12m");
  if (!disk) return;
  RunningServer server(on(*disk));
  const auto first = server.uploaded(large_png(1));
  const auto second = server.uploaded(large_png(2));
  const auto third = server.uploaded(large_png(3));
  REQUIRE(eventually([&] { return has_ballast(server); }));
  disk->fill();
  REQUIRE(disk->free_bytes() == 0);

  check_problem(server.upload(large_png(4)), 507, "storage_full");
  check_problem(server.api("POST", "/v1/images/generate", R"({"prompt":"a lighthouse"})"), 507, "storage_full");
  CHECK(refusal(server).find("nearly full") != std::string::npos);
  CHECK(server.get(server.path_of(first)).body == large_png(1));
  CHECK(server.api("POST", delete_path(third) + "/pin").status == 200);
  CHECK(server.api("DELETE", delete_path(first)).status == 204);
  CHECK(server.get(server.path_of(first)).status == 404);
  CHECK(server.process().run({"remove", "alice/" + text(second, "id")}).exit_code == 0);
  CHECK(server.get(server.path_of(second)).status == 404);
  CHECK(server.process().run({"cleanup"}).exit_code == 0);
  CHECK(server.process().run({"keys", "create", "--name", "spare"}).exit_code == 0);
  CHECK(server.get(server.path_of(third)).body == large_png(3));

  disk->make_room();
  CHECK(eventually([&] { return refusal(server).empty(); }));
  server.uploaded(large_png(5));
  CHECK(eventually([&] { return has_ballast(server); }));
  CHECK(server.process().run({"fsck", "--verify-hashes"}).exit_code == 0);
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("a disk that is filled and cleaned ten times keeps no stray file and loses no image") {
  const auto disk = SmallDisk::mount("size=4m");
  if (!disk) return;
  RunningServer server(on(*disk, {{"IMAGE_TRASH_DAYS", "0"}}));
  std::uint32_t next = 0;
  std::map<std::string, std::uint32_t> kept;
  for (int cycle = 0; cycle < 10; ++cycle) {
    REQUIRE(eventually([&] { return has_ballast(server) && refusal(server).empty(); }));
    const auto staying = server.uploaded(png(++next));
    kept[server.path_of(staying)] = next;
    std::vector<boost::json::object> filling;
    HttpResponse response;
    while ((response = server.upload(png(++next, 500, 500))).status == 201) {
      filling.push_back(response.json().as_object());
    }
    check_problem(response, 507, "storage_full");
    REQUIRE(filling.size() > 1);
    disk->fill();
    for (const auto& image : filling) CHECK(server.api("DELETE", delete_path(image)).status == 204);
    disk->make_room();
  }
  for (const auto& [path, number_of_image] : kept) CHECK(server.get(path).body == png(number_of_image));
  CHECK(server.image_files().size() == 10);
  CHECK(server.process().run({"fsck", "--verify-hashes"}).exit_code == 0);
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("an upload that meets the end of the disk is refused and leaves nothing") {
  const auto disk = SmallDisk::mount("size=12m");
  if (!disk) return;
  RunningServer server(on(*disk));
  const auto image = server.uploaded(png(1));
  HttpClient client = server.new_client();
  client.connect();
  const std::string bytes = to_bytes(upload_request(png(2, 900, 900)));
  client.write(std::string_view(bytes).substr(0, bytes.size() / 2));
  const auto is_under_way = [&] {
    for (const auto& entry : fs::directory_iterator(server.process().data() / "temporary")) {
      if (entry.file_size() > 0) return true;
    }
    return false;
  };
  REQUIRE(eventually(is_under_way));
  disk->fill();
  client.write(std::string_view(bytes).substr(bytes.size() / 2));
  check_problem(client.read_response(), 507, "storage_full");
  CHECK(eventually([&] { return server.leftovers().empty(); }));
  CHECK(server.image_files() == std::set<std::string>{"alice/" + text(image, "id") + ".png"});
  CHECK(server.get(server.path_of(image)).body == png(1));
  disk->make_room();
  server.uploaded(png(2, 900, 900));
}

TEST_CASE("a server that was killed on a full disk starts on it and serves and removes") {
  const auto disk = SmallDisk::mount("size=12m");
  if (!disk) return;
  RunningServer server(on(*disk));
  const auto image = server.uploaded(large_png(1));
  REQUIRE(eventually([&] { return has_ballast(server); }));
  disk->fill();
  server.process().kill();
  disk->fill();
  server.process().start();
  CHECK(server.get(server.path_of(image)).body == large_png(1));
  CHECK(server.api("DELETE", delete_path(image)).status == 204);
  CHECK(server.get(server.path_of(image)).status == 404);
}

TEST_CASE("a server starts and serves though something else has taken whatever it gave up and freed") {
  const auto disk = SmallDisk::mount("size=12m");
  if (!disk) return;
  RunningServer server(on(*disk));
  const auto first = server.uploaded(large_png(1));
  const auto second = server.uploaded(large_png(2));
  REQUIRE(eventually([&] { return has_ballast(server); }));
  disk->fill();
  REQUIRE(server.api("DELETE", delete_path(first)).status == 204);
  REQUIRE_FALSE(has_ballast(server));
  disk->fill();
  if (GENERATE(true, false))
    server.process().kill();
  else
    REQUIRE(server.process().stop() == 0);
  disk->fill();
  server.process().start();
  CHECK(server.get(server.path_of(second)).body == large_png(2));
  CHECK(server.get(server.path_of(first)).status == 404);
  disk->make_room();
  CHECK(eventually([&] { return has_ballast(server); }));
  server.uploaded(large_png(3));
}

TEST_CASE("without a running server a command removes from a full disk too") {
  const auto disk = SmallDisk::mount("size=12m");
  if (!disk) return;
  RunningServer server(on(*disk));
  const auto image = server.uploaded(large_png(1));
  REQUIRE(eventually([&] { return has_ballast(server); }));
  REQUIRE(server.process().stop() == 0);
  disk->fill();
  const auto removed = server.process().run({"remove", "alice/" + text(image, "id")});
  INFO(removed.err);
  CHECK(removed.exit_code == 0);
  CHECK(server.process().run({"cleanup"}).exit_code == 0);
  disk->make_room();
  server.process().start();
  CHECK(server.get(server.path_of(image)).status == 404);
}

TEST_CASE("without an inode images are served and removed, and a stopped server starts") {
  const auto disk = SmallDisk::mount("size=24m,nr_inodes=150");
  if (!disk) return;
  RunningServer server(on(*disk, {{"IMAGE_TRASH_DAYS", "0"}}));
  const auto first = server.uploaded(png(1));
  const auto second = server.uploaded(png(2));
  REQUIRE(eventually([&] { return has_ballast(server); }));
  disk->fill_inodes(15);
  check_problem(server.upload(png(3)), 507, "storage_full");
  CHECK(refusal(server).find("inodes") != std::string::npos);
  disk->fill_inodes();
  CHECK(server.get(server.path_of(first)).body == png(1));
  CHECK(server.api("DELETE", delete_path(first)).status == 204);
  CHECK(server.image_files() == std::set<std::string>{"alice/" + text(second, "id") + ".png"});

  REQUIRE(server.process().stop() == 0);
  disk->fill_inodes();
  server.process().start();
  CHECK(server.get(server.path_of(second)).body == png(2));
  disk->make_room();
  CHECK(eventually([&] { return refusal(server).empty() && has_ballast(server); }));
  server.uploaded(png(3));
  CHECK(server.process().run({"fsck"}).exit_code == 0);
}

TEST_CASE("a database on a disk of its own that is full refuses images and removes them all the same") {
  const auto disk = SmallDisk::mount("size=12m");
  const auto images = SmallDisk::mount("size=24m");
  if (!disk || !images) return;
  RunningServer server(on(*images, {{"DATABASE_PATH", (disk->path() / "lightfast.db").string()}}));
  const auto first = server.uploaded(large_png(1));
  const auto second = server.uploaded(large_png(2));
  REQUIRE(eventually([&] { return fs::exists(disk->path() / "ballast"); }));
  disk->fill();
  check_problem(server.upload(large_png(3)), 507, "storage_full");
  CHECK(refusal(server).find("the database's disk") != std::string::npos);
  CHECK(server.get(server.path_of(first)).body == large_png(1));
  CHECK(server.api("DELETE", delete_path(first)).status == 204);
  disk->make_room();
  CHECK(eventually([&] { return refusal(server).empty(); }));

  images->fill();
  check_problem(server.upload(large_png(3)), 507, "storage_full");
  CHECK(server.get(server.path_of(second)).body == large_png(2));
  CHECK(server.api("DELETE", delete_path(second)).status == 204);
  images->make_room();
  server.uploaded(large_png(3));
}

}  // namespace
}  // namespace lightfast::test
