// What is done about files that are missing or damaged: nothing is lost that can be saved, and nothing is touched that
// is whole.
#include "server/images/mender.h"

#include <catch2/catch.hpp>

#include "storage/blob_path.h"
#include "tests/lifecycle/store.h"
#include "tests/support/blobs.h"
#include "tests/support/catch_result.h"

namespace lightfast::images {
namespace {

using storage::Aside;

struct MendedStore : test::Store {
  const db::ImageRecord image = add("the bytes");
  const storage::BlobKey key{image.file_key};
  const storage::BlobKey fresh = storage::blob_key(image.user, ids.next_image_id(), "png");

  storage::BlobStamp stamp() { return storage.status(key)->stamp; }
  std::string bytes() { return test::read_bytes(storage, key).value(); }
  db::ImageRecord row() { return find(image.id).value(); }
  db::UserTotals totals() {
    return read([&](const db::Session& session) { return session.users().totals(image.user); }).value();
  }
  // What lies under the image's key comes to lost+found, as if somebody had moved it there.
  std::string moved_away() { return storage.set_aside(key, Aside::lost_and_found).value(); }
};

TEST_CASE("a file that was found wrong goes to quarantine and its image is marked") {
  MendedStore store;
  store.storage.overwrite(store.key, "other");
  store.mender->set_aside(expected_file(store.image), store.stamp());
  CHECK(store.storage.is_aside(store.key, Aside::quarantine));
  CHECK(store.row().damaged_at);
  CHECK_FALSE(store.row().deleted_at);
}

TEST_CASE("a file that has come to the place of the wrong one is left alone") {
  MendedStore store;
  store.storage.overwrite(store.key, "other");
  const auto seen = store.stamp();
  store.storage.overwrite(store.key, "the bytes");
  store.mender->set_aside(expected_file(store.image), seen);
  CHECK(store.bytes() == "the bytes");
  CHECK_FALSE(store.row().damaged_at);
}

TEST_CASE("a missing file marks its image, unless the image is being removed for good") {
  MendedStore store;
  const bool is_purging = GENERATE(false, true);
  if (is_purging) {
    REQUIRE(store.change([&](db::Session& s) { return s.images().begin_purge(store.image.id, store.clock.now()); }));
  }
  store.mender->note_missing(expected_file(store.image));
  CHECK_FALSE(store.row().damaged_at);
  store.moved_away();
  store.mender->note_missing(expected_file(store.image));
  CHECK(store.row().damaged_at.has_value() != is_purging);
}

TEST_CASE("a missing or damaged file is put back from where it was set aside") {
  MendedStore store;
  const auto where = GENERATE(Aside::quarantine, Aside::lost_and_found);
  const std::string name = store.storage.set_aside(store.key, where).value();
  const bool is_overwritten = GENERATE(false, true);
  if (is_overwritten) store.storage.overwrite(store.key, "other");
  const bool is_in_trash = GENERATE(false, true);
  if (is_in_trash) store.remove(store.image.id);
  REQUIRE(store.mender->put_back(store.image.id, where, name));
  CHECK(store.bytes() == "the bytes");
  CHECK_FALSE(store.row().damaged_at);
  CHECK(store.row().deleted_at.has_value() == is_in_trash);
  CHECK(test::list_aside(store.storage, Aside::lost_and_found).empty());
  CHECK(test::list_aside(store.storage, Aside::quarantine).size() == (is_overwritten ? 1 : 0));
}

TEST_CASE("only the image's own bytes are put back, and only where they are missing") {
  MendedStore store;
  const auto other = store.add("other bytes");
  const std::string name = store.storage.set_aside({other.file_key}, Aside::lost_and_found).value();
  CHECK(store.mender->put_back(store.image.id, Aside::lost_and_found, name).error().code == Errc::conflict);
  store.moved_away();
  CHECK(store.mender->put_back(store.image.id, Aside::lost_and_found, name).error().code == Errc::damaged);
  CHECK(store.mender->put_back(store.image.id, Aside::quarantine, name).error().code == Errc::not_found);
  CHECK(store.mender->put_back(store.ids.next_image_id(), Aside::lost_and_found, name).error().code == Errc::not_found);
  CHECK(test::list_aside(store.storage, Aside::lost_and_found).size() == 2);
}

TEST_CASE("the same bytes heal an image whose file is missing or damaged") {
  MendedStore store;
  const bool is_missing = GENERATE(false, true);
  if (is_missing) {
    store.moved_away();
  } else {
    store.storage.overwrite(store.key, "other");
  }
  REQUIRE(test::put_bytes(store.storage, store.fresh, "the bytes"));
  REQUIRE(store.mender->heal(store.image.id, store.fresh));
  CHECK(store.bytes() == "the bytes");
  CHECK_FALSE(store.row().damaged_at);
  CHECK_FALSE(store.storage.status(store.fresh));
  CHECK(store.storage.is_aside(store.key, Aside::quarantine) != is_missing);
}

TEST_CASE("what is whole is not healed, nor is what was removed") {
  MendedStore store;
  REQUIRE(test::put_bytes(store.storage, store.fresh, "the bytes"));
  const auto before = store.stamp();
  REQUIRE(store.mender->heal(store.image.id, store.fresh));
  CHECK((store.stamp() == before));
  store.storage.overwrite(store.key, "the bytes");  // touched
  REQUIRE(store.mender->heal(store.image.id, store.fresh));
  CHECK(store.storage.status(store.fresh));
  store.remove(store.image.id);
  CHECK(store.mender->heal(store.image.id, store.fresh).error().code == Errc::not_found);
  CHECK(store.storage.status(store.fresh));
}

TEST_CASE("an image that is lost goes to the trash, and comes back with its bytes") {
  MendedStore store;
  CHECK_FALSE(*store.mender->give_up(store.image.id));
  const std::string name = store.moved_away();
  CHECK(*store.mender->give_up(store.image.id));
  CHECK(store.row().damaged_at);
  CHECK(store.row().deleted_at);
  CHECK(store.totals().images == 0);
  CHECK(store.totals().bytes == 0);
  CHECK(store.totals().trash_images == 1);
  CHECK(*store.mender->give_up(store.image.id));
  CHECK(store.totals().trash_images == 1);

  REQUIRE(store.mender->put_back(store.image.id, Aside::lost_and_found, name));
  CHECK_FALSE(store.row().damaged_at);
  CHECK(store.row().deleted_at);
}

TEST_CASE("giving up sets aside what lies in the place of the file") {
  MendedStore store;
  store.storage.overwrite(store.key, "other");
  CHECK(*store.mender->give_up(store.image.id));
  CHECK(store.storage.is_aside(store.key, Aside::quarantine));
  CHECK_FALSE(*store.mender->give_up(store.ids.next_image_id()));
}

TEST_CASE("files that were read and are right are noted together") {
  MendedStore store;
  store.storage.overwrite(store.key, "the bytes");
  store.clock.advance(std::chrono::hours(1));
  store.mender->note_whole({{store.image.id, store.stamp()}, {store.ids.next_image_id(), {"none"}}});
  const auto file = store.change([&](db::Session& session) { return session.stored_files().find(store.image.id); });
  CHECK((*file)->file_stamp == store.stamp().text);
  CHECK(((*file)->verified_at == store.clock.now()));
}

}  // namespace
}  // namespace lightfast::images
