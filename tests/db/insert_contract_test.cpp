#include <atomic>
#include <thread>

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Origin;
using db::Session;
using db::Visibility;
using namespace std::chrono_literals;

TEST_CASE("an image comes back as it was inserted, in every column") {
  ContractDatabase db(GENERATE(from_range(backends())));
  ImageRecord image = db.named("bytes", "hero");
  image.origin = Origin::import;
  image.source = {"replicate",        "flux",          "gm3q", "a \"lighthouse\" at düsk", "https://source/1",
                  R"({"id":"gm3q"})", R"({"seed":42})"};
  image.file_size = 5'000'000'000;
  image.file_stamp = "12:34:56";
  image.visibility = Visibility::private_;
  image.pinned = true;
  image.metadata = R"({"any":"json"})";
  image.renewed_at = image.created_at + 1s;
  image.accessed_at = image.created_at + 2s;
  image.access_count = 3;
  image.expires_at = image.created_at + 1h;
  db.add(image);
  db.reopen();

  const auto found = db.find(image.id);
  REQUIRE(found);
  CHECK(found->user == image.user);
  CHECK(found->origin == image.origin);
  CHECK(found->source.provider == "replicate");
  CHECK(found->source.model == "flux");
  CHECK(found->source.prediction_id == "gm3q");
  CHECK(found->source.prompt == image.source.prompt);
  CHECK(found->source.source_url == "https://source/1");
  CHECK(found->source.provider_response == image.source.provider_response);
  CHECK(found->source.details == image.source.details);
  CHECK(found->file_key == image.file_key);
  CHECK(found->file_size == 5'000'000'000);
  CHECK(found->file_stamp == "12:34:56");
  CHECK(found->content_type == "image/png");
  CHECK(found->width == 8);
  CHECK(found->height == 6);
  CHECK((found->sha256 == image.sha256));
  CHECK((found->visibility == Visibility::private_));
  CHECK(found->pinned);
  REQUIRE(found->name);
  CHECK(found->name->collection == "articles");
  CHECK(found->name->name == "hero");
  CHECK(found->version == 1);
  CHECK(found->is_current);
  CHECK(found->metadata == image.metadata);
  CHECK((found->created_at == image.created_at));
  CHECK((found->renewed_at == image.renewed_at));
  CHECK((found->accessed_at == image.accessed_at));
  CHECK(found->access_count == 3);
  CHECK((found->expires_at == image.expires_at));
  CHECK_FALSE(found->deleted_at);
  CHECK(found->change_seq > 0);
}

TEST_CASE("an image without the facts that may be missing comes back without them") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const auto inserted = db.insert(db.image("bytes"));
  CHECK_FALSE(inserted.existed);
  const auto found = db.find(inserted.image.id);
  REQUIRE(found);
  CHECK(found->source.prompt.empty());
  CHECK_FALSE(found->name);
  CHECK(found->version == 0);
  CHECK_FALSE(found->is_current);
  CHECK(found->metadata.empty());
  CHECK_FALSE(found->expires_at);
  CHECK((found->renewed_at == found->created_at));
  CHECK((found->accessed_at == found->created_at));
}

TEST_CASE("the same bytes again give the image that is there, renewed") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.image("bytes"));
  db.clock().advance(24h);
  const auto again = db.insert(db.image("bytes"));
  CHECK(again.existed);
  CHECK((again.image.id == first.id));
  CHECK((again.image.created_at == first.created_at));
  CHECK((again.image.renewed_at == db.now()));
  CHECK(again.image.change_seq > first.change_seq);
  CHECK((db.find(first.id)->renewed_at == db.now()));
  CHECK(db.totals().images == 1);
  CHECK(db.list_all().size() == 1);
}

TEST_CASE("the same bytes are another image for another user, visibility or name, and when generated") {
  ContractDatabase db(GENERATE(from_range(backends())));
  db.add(db.image("bytes"));
  ImageRecord hidden = db.image("bytes");
  hidden.visibility = Visibility::private_;
  ImageRecord generated = db.image("bytes");
  generated.origin = Origin::generate;
  ImageRecord generated_again = db.image("bytes");
  generated_again.origin = Origin::generate;
  CHECK_FALSE(db.insert(db.image("bytes", "bob")).existed);
  CHECK_FALSE(db.insert(hidden).existed);
  CHECK_FALSE(db.insert(db.named("bytes", "hero")).existed);
  CHECK_FALSE(db.insert(db.named("bytes", "footer")).existed);
  CHECK_FALSE(db.insert(generated).existed);
  CHECK_FALSE(db.insert(generated_again).existed);
  CHECK(db.totals().images == 6);
}

TEST_CASE("the same bytes again keep what either caller was promised") {
  ContractDatabase db(GENERATE(from_range(backends())));
  ImageRecord image = db.image("bytes");
  image.expires_at = db.now() + 1h;
  const ImageId id = db.add(image).id;

  ImageRecord longer = db.image("bytes");
  longer.expires_at = db.now() + 2h;
  longer.pinned = true;
  db.add(longer);
  CHECK((db.find(id)->expires_at == db.now() + 2h));
  CHECK(db.find(id)->pinned);

  db.add(db.image("bytes"));
  CHECK_FALSE(db.find(id)->expires_at);
  CHECK(db.find(id)->pinned);
}

TEST_CASE("bytes whose image lies in the trash are a new image") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.image("bytes"));
  REQUIRE(db.remove(first.id));
  CHECK_FALSE(db.insert(db.image("bytes")).existed);
}

TEST_CASE("a second image of the same id or file is a conflict and changes nothing") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.image("bytes"));
  ImageRecord second = db.image("others");
  if (GENERATE(true, false)) {
    second.file_key = first.file_key;
  } else {
    second.id = first.id;
  }
  const auto inserted = db.change([&](Session& session) { return session.images().insert(second); });
  REQUIRE_FALSE(inserted);
  CHECK(inserted.error().code == Errc::conflict);
  CHECK(db.totals().images == 1);
  CHECK(db.list_all().size() == 1);
}

TEST_CASE("of the same bytes submitted by eight threads at once exactly one image lives") {
  ContractDatabase db(GENERATE(from_range(backends())));
  constexpr int rounds = 20, threads = 8;
  std::vector<std::vector<ImageRecord>> images(threads);
  for (auto& own : images) {
    for (int round = 0; round < rounds; ++round) own.push_back(db.image("bytes " + std::to_string(round)));
  }
  std::atomic<int> made = 0;
  std::vector<std::thread> running;
  for (const auto& own : images) {
    running.emplace_back([&] {
      for (const ImageRecord& image : own) {
        const auto inserted = db.change([&](Session& session) { return session.images().insert(image); });
        if (inserted && !inserted->existed) ++made;
      }
    });
  }
  for (auto& thread : running) thread.join();
  CHECK(made == rounds);
  CHECK(db.totals().images == rounds);
  CHECK(db.list_all().size() == rounds);
}

TEST_CASE("an image is found under an alias until it is purged") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  const ImageId alias = db.image("promised").id, other = db.image("other").id;
  const auto find = [&](const ImageId& id) {
    return db.look([&](const Session& session) { return session.images().find_aliased(id); }).value();
  };
  CHECK_FALSE(find(alias));
  for (int again = 0; again < 2; ++again) {
    REQUIRE(db.change([&](Session& session) { return session.images().add_alias(alias, image.id); }));
  }
  REQUIRE(find(alias));
  CHECK((find(alias)->id == image.id));
  CHECK((find(image.id)->id == image.id));
  CHECK_FALSE(find(other));
  CHECK_FALSE(db.find(alias));

  REQUIRE(db.remove(image.id));
  REQUIRE(find(alias));
  CHECK(find(alias)->deleted_at);
  REQUIRE(db.purge(image.id));
  CHECK_FALSE(find(alias));
}

TEST_CASE("the keys of files that belong to no image are told from those that do") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord live = db.add(db.image("live"));
  const ImageRecord trashed = db.add(db.image("trashed"));
  const ImageRecord purged = db.add(db.image("purged"));
  REQUIRE(db.remove(trashed.id));
  REQUIRE(db.remove(purged.id));
  REQUIRE(db.purge(purged.id));
  const auto known = db.look([&](const Session& session) {
    return session.images().file_keys_of({"ana/stray.png", live.file_key, trashed.file_key, purged.file_key});
  });
  REQUIRE(known);
  CHECK(*known == std::vector<std::string>{live.file_key, trashed.file_key});
}

}  // namespace
}  // namespace lightfast::test
