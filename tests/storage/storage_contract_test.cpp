// What storage/storage.h promises, on every implementation.
#include <catch2/catch.hpp>

#include "storage/blob_path.h"
#include "tests/storage/storage_fixtures.h"
#include "tests/support/blobs.h"
#include "tests/support/catch_result.h"

using namespace lightfast;
using namespace lightfast::test;

TEMPLATE_TEST_CASE("A blob that was put is read back as it was", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  const std::string bytes = GENERATE(std::string(), std::string("a"), std::string(1 << 20, 'x') + "end");
  const auto info = put_bytes(*fixture.storage, make_key(1, 1), bytes);
  REQUIRE(info);
  CHECK(info->size_bytes == bytes.size());

  const auto read = read_bytes(*fixture.storage, make_key(1, 1));
  REQUIRE(read);
  CHECK(*read == bytes);
}

TEMPLATE_TEST_CASE("put, open and status agree on size and stamp", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  const auto put = put_bytes(*fixture.storage, make_key(1, 1), "bytes");
  const auto opened = fixture.storage->open(make_key(1, 1));
  const auto status = fixture.storage->status(make_key(1, 1));
  REQUIRE(put);
  REQUIRE(opened);
  REQUIRE(status);
  CHECK(opened->info.stamp == put->stamp);
  CHECK(status->stamp == put->stamp);
  CHECK(opened->info.size_bytes == 5);
  CHECK(status->size_bytes == 5);
}

TEMPLATE_TEST_CASE("Two blobs of the same bytes have different stamps", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  const auto one = put_bytes(*fixture.storage, make_key(1, 1), "bytes");
  const auto two = put_bytes(*fixture.storage, make_key(1, 2), "bytes");
  REQUIRE(one);
  REQUIRE(two);
  CHECK(one->stamp != two->stamp);
}

TEMPLATE_TEST_CASE("put never overwrites", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "first"));
  const auto again = put_bytes(*fixture.storage, make_key(1, 1), "second");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Errc::conflict);
  CHECK(*read_bytes(*fixture.storage, make_key(1, 1)) == "first");
}

TEMPLATE_TEST_CASE("What is not there is not found", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "another"));
  const storage::BlobKey absent = GENERATE(make_key(1, 2), make_key(2, 1));
  CHECK(fixture.storage->open(absent).error().code == Errc::not_found);
  CHECK(fixture.storage->status(absent).error().code == Errc::not_found);
  CHECK(fixture.storage->remove(absent).error().code == Errc::not_found);
  CHECK(fixture.storage->set_aside(absent, storage::Aside::quarantine).error().code == Errc::not_found);
  CHECK(*fixture.storage->look(absent) == storage::Entry::nothing);
}

TEMPLATE_TEST_CASE("A removed blob is gone, and an open one stays readable", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "bytes"));
  const auto opened = fixture.storage->open(make_key(1, 1));
  REQUIRE(opened);
  REQUIRE(fixture.storage->remove(make_key(1, 1)));

  CHECK(fixture.storage->open(make_key(1, 1)).error().code == Errc::not_found);
  CHECK(fixture.storage->remove(make_key(1, 1)).error().code == Errc::not_found);
  CHECK(list_keys(*fixture.storage).empty());
  CHECK(*read_file(opened->file.get()) == "bytes");
}

TEMPLATE_TEST_CASE("A user whose last blob was removed can have blobs again", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "bytes"));
  REQUIRE(fixture.storage->remove(make_key(1, 1)));
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 2), "more"));
  CHECK(*read_bytes(*fixture.storage, make_key(1, 2)) == "more");
}

TEMPLATE_TEST_CASE("A blob set aside is out of reach until it is put back as it was", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  const auto where = GENERATE(storage::Aside::quarantine, storage::Aside::lost_and_found);
  const auto elsewhere =
      where == storage::Aside::quarantine ? storage::Aside::lost_and_found : storage::Aside::quarantine;
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "bytes"));
  CHECK(*fixture.storage->look(make_key(1, 1)) == storage::Entry::blob);
  const auto name = fixture.storage->set_aside(make_key(1, 1), where);
  REQUIRE(name);
  CHECK(fixture.storage->open(make_key(1, 1)).error().code == Errc::not_found);
  CHECK(fixture.storage->status(make_key(1, 1)).error().code == Errc::not_found);
  CHECK(list_keys(*fixture.storage).empty());
  CHECK(list_aside(*fixture.storage, where) == std::vector<std::string>{*name});
  CHECK(list_aside(*fixture.storage, elsewhere).empty());
  CHECK(storage::former_key(*name) == make_key(1, 1));
  CHECK(*read_file(fixture.storage->open_aside(where, *name)->file.get()) == "bytes");
  CHECK(fixture.storage->open_aside(elsewhere, *name).error().code == Errc::not_found);

  const auto info = fixture.storage->put_back(where, *name, make_key(1, 1));
  REQUIRE(info);
  CHECK(info->stamp == fixture.storage->status(make_key(1, 1))->stamp);
  CHECK(*read_bytes(*fixture.storage, make_key(1, 1)) == "bytes");
  CHECK(list_aside(*fixture.storage, where).empty());
  CHECK(fixture.storage->put_back(where, *name, make_key(1, 2)).error().code == Errc::not_found);
}

TEMPLATE_TEST_CASE("Setting aside and putting back overwrite nothing", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  const auto where = storage::Aside::lost_and_found;
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "first"));
  const std::string first = fixture.storage->set_aside(make_key(1, 1), where).value();
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "second"));
  CHECK(fixture.storage->put_back(where, first, make_key(1, 1)).error().code == Errc::conflict);
  CHECK(*read_bytes(*fixture.storage, make_key(1, 1)) == "second");
  const std::string second = fixture.storage->set_aside(make_key(1, 1), where).value();
  CHECK(second != first);
  CHECK(storage::former_key(second) == make_key(1, 1));
  CHECK(*read_file(fixture.storage->open_aside(where, first)->file.get()) == "first");
  CHECK(*read_file(fixture.storage->open_aside(where, second)->file.get()) == "second");
}

TEMPLATE_TEST_CASE("A spool that somebody holds is no left-over", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  auto spool = fixture.storage->create_spool();
  REQUIRE(spool);
  CHECK(*fixture.storage->remove_leftovers() == 0);
  const std::string_view bytes = "bytes";
  REQUIRE((*spool)->append(std::as_bytes(std::span(bytes))));
  REQUIRE(fixture.storage->put(make_key(1, 1), std::move(*spool)));
  CHECK(*read_bytes(*fixture.storage, make_key(1, 1)) == "bytes");
}

TEMPLATE_TEST_CASE("list shows every key once and stops when told", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  std::vector<std::string> expected;
  for (int user = 1; user <= 3; ++user) {
    for (int image = 1; image <= 4; ++image) {
      REQUIRE(put_bytes(*fixture.storage, make_key(user, image), "bytes"));
      expected.push_back(make_key(user, image).text);
    }
  }
  CHECK(list_keys(*fixture.storage) == expected);

  int visited = 0;
  REQUIRE(fixture.storage->list([&](const storage::BlobKey&) { return ++visited < 5; }));
  CHECK(visited == 5);
}

TEMPLATE_TEST_CASE("A spool that is not put leaves nothing", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  {
    auto spool = fixture.storage->create_spool();
    REQUIRE(spool);
    const std::string_view bytes = "never put";
    REQUIRE((*spool)->append(std::as_bytes(std::span(bytes))));
    CHECK((*spool)->size_bytes() == bytes.size());
    CHECK(*read_file((*spool)->file()) == bytes);
  }
  CHECK(list_keys(*fixture.storage).empty());
  CHECK(*fixture.storage->remove_leftovers() == 0);
}

TEMPLATE_TEST_CASE("Free space is known and no more than there is", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  const auto space = fixture.storage->space();
  REQUIRE(space);
  CHECK(space->free_bytes > 0);
  CHECK(space->free_bytes <= space->capacity_bytes);
  CHECK(space->free_inodes > 0);
  CHECK_FALSE(space->is_read_only);
}
