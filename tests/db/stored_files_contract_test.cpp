#include "db/stored_files.h"

#include <algorithm>

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;
using db::StoredFile;
using db::StoredFiles;
using namespace std::chrono_literals;

struct FilesUnderTest {
  ContractDatabase db{GENERATE(from_range(backends()))};

  template <class Fn>
  StoredFiles::Files look(Fn fn) {
    return db.look([&](const Session& session) { return fn(session.stored_files()); }).value();
  }
  template <class Fn>
  Result<void> change(Fn fn) {
    return db.change([&](Session& session) { return fn(session.images()); });
  }
  StoredFiles::Files unverified(Timestamp before, std::uint32_t limit = 100,
                                const std::optional<StoredFile>& after = {}) {
    return look([&](const StoredFiles& files) { return files.unverified_since(before, after, limit); });
  }
  StoredFiles::Files damaged() {
    return look([](const StoredFiles& files) { return files.damaged(std::nullopt, 10); });
  }
};

std::vector<std::string> ids_of(const StoredFiles::Files& files) {
  std::vector<std::string> ids;
  for (const auto& file : files) ids.push_back(file.id.str());
  return ids;
}

TEST_CASE("every stored file is told once, by id and by key, the trash too") {
  FilesUnderTest at;
  std::vector<std::string> ids, keys;
  for (int i = 0; i < 7; ++i) {
    const ImageRecord image = at.db.add(at.db.image("bytes " + std::to_string(i), i % 2 == 0 ? "ana" : "bob"));
    ids.push_back(image.id.str());
    keys.push_back(image.file_key);
    if (i == 3) REQUIRE(at.db.remove(image.id));
  }
  std::sort(ids.begin(), ids.end());
  std::sort(keys.begin(), keys.end());
  std::vector<std::string> found_ids, found_keys;
  std::optional<StoredFile> last;
  std::string last_key;
  for (int page = 0; page < 3; ++page) {
    const auto by_id = at.look([&](const StoredFiles& files) { return files.by_id(last, 3); });
    const auto by_key = at.look([&](const StoredFiles& files) { return files.by_file_key(last_key, 3); });
    REQUIRE(by_id.size() == (page < 2 ? 3 : 1));
    REQUIRE(by_key.size() == by_id.size());
    for (const auto& file : by_id) found_ids.push_back(file.id.str());
    for (const auto& file : by_key) found_keys.push_back(file.file_key);
    last = by_id.back();
    last_key = by_key.back().file_key;
  }
  CHECK(found_ids == ids);
  CHECK(found_keys == keys);
}

TEST_CASE("a stored file is told with all that its check needs") {
  FilesUnderTest at;
  ImageRecord image = at.db.image("bytes");
  image.file_stamp = "stamp";
  at.db.add(image);
  const auto file = at.look([](const StoredFiles& files) { return files.by_id(std::nullopt, 1); }).at(0);
  CHECK((file.user == image.user));
  CHECK(file.file_key == image.file_key);
  CHECK(file.file_size == image.file_size);
  CHECK(file.file_stamp == "stamp");
  CHECK((file.sha256 == image.sha256));
  CHECK((file.verified_at == image.created_at));
  CHECK_FALSE(file.deleted_at);
  CHECK_FALSE(file.damaged_at);
  CHECK_FALSE(file.purging);
  REQUIRE(at.change([&](db::Images& images) -> Result<void> {
    REQUIRE(images.begin_purge(image.id, at.db.now()));
    return {};
  }));
  const auto doomed = at.look([](const StoredFiles& files) { return files.by_id(std::nullopt, 1); }).at(0);
  CHECK(doomed.deleted_at);
  CHECK(doomed.purging);
  const auto find = [&](const ImageId& id) {
    return at.db.look([&](const Session& session) { return session.stored_files().find(id); }).value();
  };
  CHECK(find(image.id)->purging);
  CHECK_FALSE(find(at.db.image("never inserted").id));
}

TEST_CASE("the scrub is told what was not verified for longest, and a verified file goes to the end") {
  FilesUnderTest at;
  std::vector<ImageRecord> images;
  for (int i = 0; i < 4; ++i) {
    at.db.clock().advance(1h);
    images.push_back(at.db.add(at.db.image("bytes " + std::to_string(i))));
  }
  const Timestamp before = at.db.now() + 1ms;
  at.db.clock().advance(1h);
  REQUIRE(at.change([&](db::Images& of) { return of.set_verified(images[0].id, "new stamp", at.db.now()); }));
  CHECK(at.db.find(images[0].id)->file_stamp == "new stamp");
  REQUIRE(at.change([&](db::Images& of) { return of.set_damaged(images[2].id, at.db.now()); }));
  CHECK(ids_of(at.unverified(before)) == std::vector<std::string>{images[1].id.str(), images[3].id.str()});
  const auto page = at.unverified(before, 1);
  CHECK(ids_of(at.unverified(before, 10, page.at(0))) == std::vector<std::string>{images[3].id.str()});
  CHECK(ids_of(at.unverified(at.db.now() + 1ms)).back() == images[0].id.str());
}

TEST_CASE("a damaged image says so since when, until its file is verified again") {
  FilesUnderTest at;
  ImageRecord image = at.db.image("bytes");
  image.file_stamp = "stamp";
  at.db.add(image);
  CHECK_FALSE(at.db.find(image.id)->damaged_at);
  const Timestamp found = at.db.now();
  REQUIRE(at.change([&](db::Images& images) { return images.set_damaged(image.id, found); }));
  REQUIRE(at.change([&](db::Images& images) { return images.set_damaged(image.id, found + 1h); }));
  CHECK((at.db.find(image.id)->damaged_at == found));
  CHECK((at.db.list({})->images.at(0).damaged_at == found));
  CHECK(at.db.find(image.id)->file_stamp.empty());
  CHECK(ids_of(at.damaged()) == std::vector<std::string>{image.id.str()});
  REQUIRE(at.change([&](db::Images& images) { return images.set_verified(image.id, "stamp", found + 2h); }));
  CHECK_FALSE(at.db.find(image.id)->damaged_at);
  CHECK(at.damaged().empty());
  const ImageId missing = at.db.image("never inserted").id;
  CHECK(at.change([&](db::Images& images) { return images.set_damaged(missing, found); }).error().code ==
        Errc::not_found);
  CHECK(at.change([&](db::Images& images) { return images.set_verified(missing, "", found); }).error().code ==
        Errc::not_found);
}

}  // namespace
}  // namespace lightfast::test
