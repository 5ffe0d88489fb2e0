// What storage/storage.h promises, on every implementation.
#include <catch2/catch.hpp>

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
  CHECK(fixture.storage->quarantine(absent).error().code == Errc::not_found);
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

TEMPLATE_TEST_CASE("A quarantined blob is out of reach", "[storage]", OnDisk, InMemory) {
  TestType fixture;
  REQUIRE(put_bytes(*fixture.storage, make_key(1, 1), "damaged"));
  REQUIRE(fixture.storage->quarantine(make_key(1, 1)));
  CHECK(fixture.storage->open(make_key(1, 1)).error().code == Errc::not_found);
  CHECK(fixture.storage->status(make_key(1, 1)).error().code == Errc::not_found);
  CHECK(list_keys(*fixture.storage).empty());
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
  const auto free = fixture.storage->free_bytes();
  const auto capacity = fixture.storage->capacity_bytes();
  REQUIRE(free);
  REQUIRE(capacity);
  CHECK(*free > 0);
  CHECK(*free <= *capacity);
}
