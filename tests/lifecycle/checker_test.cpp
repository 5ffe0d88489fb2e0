// A check finds every difference between what is known and what is stored, and no other; a repair loses nothing.
#include "server/lifecycle/checker.h"

#include <catch2/catch.hpp>

#include "tests/lifecycle/checked_store.h"
#include "tests/support/catch_result.h"
#include "tests/support/fixture_images.h"

namespace lightfast::lifecycle {
namespace {

using storage::Aside;
using storage::BlobKey;
using test::check_store;
using test::Checked;
using test::CheckedStore;
using Lines = std::vector<std::string>;

TEST_CASE("a store in order is clean, whatever state its images are in") {
  CheckedStore store;
  store.add("living");
  const auto trashed = store.add("in the trash");
  store.remove(trashed.id);
  for (const bool with_file : {true, false}) {
    const auto image = store.add(with_file ? "being removed" : "nearly removed");
    REQUIRE(store.change([&](db::Session& s) { return s.images().begin_purge(image.id, store.clock.now()); }));
    if (!with_file) REQUIRE(store.storage.remove({image.file_key}));
  }
  const ingest::InFlight::Entry arriving(store.in_flight, store.stray("being stored"));
  const Checked checked = store.check();
  CHECK(checked.problems.empty());
  CHECK(checked.report.images == 4);
  CHECK(checked.report.files == 4);
  CHECK(checked.report.hashed == 0);
  CHECK(store.repair().repairs.empty());
}

TEST_CASE("a file that was touched is read, and found whole is not read again") {
  CheckedStore store;
  const auto image = store.add("bytes");
  store.storage.overwrite({image.file_key}, "bytes");
  CHECK(store.check().report.hashed == 1);
  const Checked again = store.check();
  CHECK(again.report.hashed == 0);
  CHECK(again.report.left == 0);
}

TEST_CASE("a missing file is found, and its image given up by a repair alone") {
  CheckedStore store;
  store.add("other");
  const auto image = store.add("bytes");
  REQUIRE(store.storage.remove({image.file_key}));
  for (int i = 0; i < 2; ++i) {
    const Checked checked = store.check();
    CHECK(checked.problems == Lines{"missing_file " + image.file_key});
    CHECK(checked.report.left == 1);
    CHECK_FALSE(store.find(image.id)->deleted_at);
  }
  const Checked repaired = store.repair();
  CHECK(repaired.problems == Lines{"missing_file " + image.file_key});
  CHECK(repaired.repairs == Lines{"given_up " + image.file_key});
  CHECK(repaired.report.left == 0);
  CHECK(store.find(image.id)->deleted_at);
  CHECK(store.find(image.id)->damaged_at);
  CHECK(store.totals().images == 1);
  CHECK(store.totals().trash_images == 1);
  const Checked again = store.repair();
  CHECK(again.problems.empty());
  CHECK(again.repairs.empty());
}

TEST_CASE("a wrong file is named for what is wrong, and a repair sets it aside") {
  CheckedStore store;
  const auto image = store.add("bytes");
  const bool has_same_size = GENERATE(true, false);
  store.storage.overwrite({image.file_key}, has_same_size ? "other" : "longer than before");
  const std::string line = (has_same_size ? "wrong_hash " : "wrong_size ") + image.file_key;
  CHECK(store.check().problems == Lines{line});
  CHECK(store.has_file(image));
  CHECK(store.find(image.id)->damaged_at);
  CHECK(store.repair().repairs == Lines{"given_up " + image.file_key});
  CHECK(store.storage.is_aside({image.file_key}, Aside::quarantine));
  CHECK(store.find(image.id)->deleted_at);
  CHECK(store.is_clean());
}

TEST_CASE("rot that changes no stamp is found where every file is read, and is not served from then on") {
  CheckedStore store;
  const auto image = store.add("bytes");
  store.storage.rot({image.file_key});
  CHECK(store.is_clean());
  const Checked checked = check_store(store.checker, {.verify_hashes = true});
  CHECK(checked.problems == Lines{"wrong_hash " + image.file_key});
  CHECK(store.find(image.id)->file_stamp.empty());
  CHECK_FALSE(store.is_clean());
}

TEST_CASE("with its bytes set aside an image gets them back") {
  CheckedStore store;
  const auto where = GENERATE(Aside::lost_and_found, Aside::quarantine);
  const auto image = store.add("bytes");
  const BlobKey key{image.file_key};
  REQUIRE(store.storage.set_aside(key, where));
  const bool is_rotten = GENERATE(false, true);
  if (is_rotten) {
    REQUIRE(test::put_bytes(store.storage, key, "other"));
    REQUIRE(store.change([&](db::Session& session) {
      return session.images().set_verified(image.id, store.storage.status(key)->stamp.text, store.clock.now());
    }));
  }
  const Checked repaired = check_store(store.checker, {.repair = true, .verify_hashes = true});
  CHECK(repaired.repairs == Lines{"put_back " + image.file_key});
  CHECK(store.bytes_of(key) == "bytes");
  CHECK_FALSE(store.find(image.id)->damaged_at);
  CHECK_FALSE(store.find(image.id)->deleted_at);
  CHECK(store.is_clean());
}

TEST_CASE("a file that was moved to another user's folder is put back") {
  CheckedStore store;
  const auto image = store.add("bytes");
  REQUIRE(store.storage.remove({image.file_key}));
  const BlobKey elsewhere = storage::blob_key(*UserId::parse("bob"), image.id, "png");
  REQUIRE(test::put_bytes(store.storage, elsewhere, "bytes"));
  const Checked repaired = store.repair();
  CHECK(repaired.problems == Lines{"missing_file " + image.file_key, "stray_file " + elsewhere.text});
  CHECK(repaired.repairs == Lines{"put_back " + image.file_key});
  CHECK(store.bytes_of({image.file_key}) == "bytes");
  CHECK(store.is_clean());
}

TEST_CASE("an image that was given up can be restored once its bytes are back") {
  CheckedStore store;
  const auto image = store.add("bytes");
  REQUIRE(store.storage.remove({image.file_key}));
  store.repair();
  REQUIRE(test::put_bytes(store.storage, {image.file_key}, "bytes"));
  CHECK(store.is_clean());
  CHECK_FALSE(store.find(image.id)->damaged_at);
  CHECK(store.change([&](db::Session& session) { return session.images().restore(image.id, store.clock.now()); }));
  CHECK(store.is_clean());
}

TEST_CASE("a file missing in the trash is found, and stays there marked") {
  CheckedStore store;
  const auto image = store.add("bytes");
  store.remove(image.id);
  REQUIRE(store.storage.remove({image.file_key}));
  CHECK(store.repair().problems == Lines{"missing_file " + image.file_key});
  CHECK(store.find(image.id)->damaged_at);
  CHECK(store.totals().trash_images == 1);
  CHECK(store.is_clean());
}

TEST_CASE("a whole stray image is adopted with all that can be known of it") {
  CheckedStore store;
  store.clock.advance(std::chrono::hours(1));
  const std::string bytes = test::png(1, 30, 20);
  const BlobKey key = store.stray(bytes);
  const Timestamp made_at = store.clock.now();
  store.clock.advance(std::chrono::hours(24 * 100));
  const bool was_swept = GENERATE(false, true);
  if (was_swept) REQUIRE(store.storage.set_aside(key, Aside::lost_and_found));

  CHECK(store.check().problems == (was_swept ? Lines{} : Lines{"stray_file " + key.text}));
  CHECK(store.repair().repairs == Lines{"adopted " + key.text});
  const auto image = store.find_by_key(key);
  REQUIRE(image);
  CHECK(image->user.str() == "ana");
  CHECK(image->content_type == "image/png");
  CHECK(image->width == 30);
  CHECK(image->height == 20);
  CHECK(image->file_size == bytes.size());
  CHECK((image->sha256 == sha256(bytes)));
  CHECK((image->visibility == db::Visibility::public_));
  CHECK((image->created_at == made_at));
  CHECK((image->renewed_at == store.clock.now()));
  CHECK(store.totals().images == 1);
  CHECK(store.is_clean());
}

TEST_CASE("where any image is private adopted ones are, unless it is said otherwise") {
  CheckedStore store;
  db::ImageRecord secret{.id = store.ids.next_image_id(), .user = *UserId::parse("bob")};
  secret.visibility = db::Visibility::private_;
  store.add("secret", secret);
  const BlobKey key = store.stray(test::png(1));
  const bool is_said = GENERATE(false, true);
  CheckOptions options{.repair = true};
  if (is_said) options.adopt_as = db::Visibility::public_;
  check_store(store.checker, options);
  CHECK((store.find_by_key(key)->visibility == (is_said ? db::Visibility::public_ : db::Visibility::private_)));
}

TEST_CASE("every URL comes back, also of the same bytes") {
  CheckedStore store;
  const BlobKey one = store.stray(test::png(1)), two = store.stray(test::png(1));
  CHECK(store.repair().report.repaired.at(Remedy::adopted) == 2);
  CHECK(store.find_by_key(one));
  CHECK(store.find_by_key(two));
}

TEST_CASE("strays of no use are moved to lost+found and left alone there") {
  CheckedStore store;
  const auto image = store.add("bytes");
  const BlobKey broken = store.stray(test::png(1).substr(0, 60));
  const BlobKey no_image = store.stray("text");
  const BlobKey misnamed = storage::blob_key(*UserId::parse("ana"), store.ids.next_image_id(), "webp");
  const BlobKey taken = storage::blob_key(*UserId::parse("bob"), image.id, "png");
  const BlobKey foreign{"notes.txt"};
  for (const BlobKey& key : {misnamed, taken, foreign}) store.storage.overwrite(key, test::png(2));
  const Checked repaired = store.repair();
  CHECK(repaired.report.found == std::map<Problem, std::uint64_t>{{Problem::stray_file, 5}});
  CHECK(repaired.report.repaired == std::map<Remedy, std::uint64_t>{{Remedy::set_aside, 5}});
  CHECK(repaired.report.left == 0);
  for (const BlobKey& key : {broken, no_image, misnamed, taken, foreign}) {
    CHECK(store.storage.is_aside(key, Aside::lost_and_found));
  }
  const Checked again = store.repair();
  CHECK(again.problems.empty());
  CHECK(again.repairs.empty());
  CHECK(again.report.lost_and_found == 5);
}

TEST_CASE("left-over temporaries are named, and removed by a repair") {
  CheckedStore store;
  store.storage.leave("one.spool");
  store.storage.leave("two.spool");
  CHECK(store.check().problems == Lines{"left_over one.spool", "left_over two.spool"});
  CHECK(store.repair().report.left == 0);
  CHECK(store.is_clean());
}

TEST_CASE("a repair refuses to believe that every file is gone") {
  CheckedStore store;
  std::vector<db::ImageRecord> images;
  for (int i = 0; i < 20; ++i) images.push_back(store.add("bytes " + std::to_string(i)));
  for (const auto& image : images) REQUIRE(store.storage.remove({image.file_key}));
  const CheckListener silent{[](const Finding&) { return Result<void>(); },
                             [](const Repair&) { return Result<void>(); }};
  Progress progress;
  const auto refused = store.checker.run({.repair = true}, silent, progress, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::conflict);
  for (const auto& image : images) CHECK_FALSE(store.find(image.id)->damaged_at);
  CHECK(store.check().report.left == 20);
}

TEST_CASE("a check that is told to stop says that it is not complete") {
  CheckedStore store;
  store.add("bytes");
  std::stop_source stopping;
  stopping.request_stop();
  CHECK_FALSE(check_store(store.checker, {}, stopping.get_token()).report.complete);
}

TEST_CASE("a check ends when nobody listens any more") {
  CheckedStore store;
  store.stray("one");
  store.stray("two");
  int told = 0;
  const CheckListener gone{[&](const Finding&) {
                             ++told;
                             return Result<void>(Error{Errc::internal, "nobody listens"});
                           },
                           [](const Repair&) { return Result<void>(); }};
  Progress progress;
  CHECK_FALSE(store.checker.run({}, gone, progress, {}));
  CHECK(told == 1);
}

TEST_CASE("more images than a page holds are all looked at") {
  CheckedStore store;
  std::string last;
  for (int i = 0; i < 1100; ++i) last = store.add("bytes " + std::to_string(i)).file_key;
  REQUIRE(store.storage.remove({last}));
  const Checked checked = store.check();
  CHECK(checked.report.images == 1100);
  CHECK(checked.report.files == 1099);
  CHECK(checked.problems == Lines{"missing_file " + last});
}

}  // namespace
}  // namespace lightfast::lifecycle
