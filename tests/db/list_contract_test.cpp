#include <algorithm>
#include <set>

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageQuery;
using db::ImageRecord;
using db::ListOrder;
using db::Session;
using namespace std::chrono_literals;

std::vector<std::string> ids_of(const std::vector<ImageRecord>& images) {
  std::vector<std::string> ids;
  for (const ImageRecord& image : images) ids.push_back(image.id.str());
  return ids;
}

// Sizes and times that repeat, so that pages end among equals.
std::vector<ImageRecord> add_many(ContractDatabase& db, int count) {
  std::vector<ImageRecord> images;
  for (int i = 0; i < count; ++i) {
    ImageRecord image = db.image("bytes " + std::to_string(i), i % 3 == 0 ? "bob" : "ana");
    image.file_size = static_cast<std::uint64_t>(100 + i % 5);
    image.accessed_at = image.created_at + std::chrono::seconds((i * 7) % 10);
    images.push_back(db.add(image));
    if (i % 4 == 3) db.clock().advance(1s);
  }
  return images;
}

std::int64_t rank(const ImageRecord& image, ListOrder order) {
  switch (order) {
    case ListOrder::newest: return -image.created_at.time_since_epoch().count();
    case ListOrder::oldest: return image.created_at.time_since_epoch().count();
    case ListOrder::largest: return -static_cast<std::int64_t>(image.file_size);
    case ListOrder::least_recently_accessed: break;
  }
  return image.accessed_at.time_since_epoch().count();
}

TEST_CASE("a list holds every image once, in its order, whatever the size of its pages") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const auto images = add_many(db, 50);
  for (const auto order :
       {ListOrder::newest, ListOrder::oldest, ListOrder::largest, ListOrder::least_recently_accessed}) {
    for (const std::uint32_t limit : {1u, 7u, 50u, 1'000u}) {
      const auto listed = db.list_all({.order = order, .limit = limit});
      const auto ids = ids_of(listed);
      CHECK(std::set(ids.begin(), ids.end()).size() == images.size());
      CHECK(ids.size() == images.size());
      CHECK(std::is_sorted(listed.begin(), listed.end(),
                           [&](const auto& a, const auto& b) { return rank(a, order) < rank(b, order); }));
    }
  }
}

TEST_CASE("a list of one user holds no other's images") {
  ContractDatabase db(GENERATE(from_range(backends())));
  add_many(db, 30);
  const auto listed = db.list_all({.user = user_id("bob"), .limit = 3});
  CHECK(listed.size() == 10);
  CHECK(std::all_of(listed.begin(), listed.end(), [](const auto& image) { return image.user.str() == "bob"; }));
}

TEST_CASE("images that come between two pages neither hide nor repeat those that were there") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const auto before = ids_of(add_many(db, 40));
  const auto order = GENERATE(ListOrder::newest, ListOrder::oldest, ListOrder::largest);
  std::multiset<std::string> seen;
  ImageQuery query{.order = order, .limit = 6};
  int late = 0;
  do {
    const auto page = db.list(query);
    REQUIRE(page);
    for (const ImageRecord& image : page->images) seen.insert(image.id.str());
    query.cursor = page->next_cursor;
    db.add(db.image("late " + std::to_string(late++)));
  } while (!query.cursor.empty() && late < 100);
  for (const std::string& id : before) CHECK(seen.count(id) == 1);
  for (const std::string& id : seen) CHECK(seen.count(id) == 1);
}

TEST_CASE("filters find what they name and nothing else") {
  ContractDatabase db(GENERATE(from_range(backends())));
  ImageRecord image = db.named("first", "hero");
  image.source = {"replicate", "flux", "gm3q"};
  db.add(image);
  ImageRecord other = db.named("second", "footer");
  other.source = {"openai", "gpt-image", "x1"};
  db.add(other);
  db.add(db.image("third"));

  CHECK(db.list_all({.collection = "articles"}).size() == 2);
  CHECK(db.list_all({.user = user_id("ana"), .collection = "articles", .name = "hero"}).size() == 1);
  CHECK(db.list_all({.provider = "replicate"}).size() == 1);
  CHECK(db.list_all({.model = "gpt-image"}).size() == 1);
  CHECK(db.list_all({.user = user_id("ana"), .prediction_id = "gm3q"}).size() == 1);
  CHECK(db.list_all({.user = user_id("bob"), .prediction_id = "gm3q"}).empty());
  CHECK(db.list_all({.provider = "replicate", .model = "gpt-image"}).empty());
}

TEST_CASE("a text is found literally, in any case, in prompts, metadata and details of the making") {
  ContractDatabase db(GENERATE(from_range(backends())));
  ImageRecord percent = db.image("first");
  percent.source.prompt = R"(100% Wool_socks \o/)";
  db.add(percent);
  ImageRecord tagged = db.image("second");
  tagged.metadata = R"({"tag":"Lighthouse"})";
  db.add(tagged);
  ImageRecord credited = db.image("third");
  credited.source.details = R"({"credit":{"name":"Joey Farina"}})";
  db.add(credited);

  CHECK(db.list_all({.text = "joey farina"}).size() == 1);
  CHECK(db.list_all({.text = "wool_SOCKS"}).size() == 1);
  CHECK(db.list_all({.text = "lighthouse"}).size() == 1);
  CHECK(db.list_all({.text = "100%"}).size() == 1);
  CHECK(db.list_all({.text = R"(\o/)"}).size() == 1);
  CHECK(db.list_all({.text = "100_"}).empty());
  CHECK(db.list_all({.text = "W%l"}).empty());
  CHECK(db.list_all({.text = "'; DROP TABLE hosted_images; --"}).empty());
}

TEST_CASE("the trash is listed by the time of removal") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.image("first"));
  const ImageRecord second = db.add(db.image("second"));
  const ImageRecord third = db.add(db.image("third"));
  for (const auto& id : {second.id, third.id, first.id}) {
    db.clock().advance(1s);
    REQUIRE(db.remove(id));
  }
  const std::vector<std::string> removed_in_turn = {second.id.str(), third.id.str(), first.id.str()};
  CHECK(ids_of(db.list_all({.deleted = true, .order = ListOrder::oldest, .limit = 1})) == removed_in_turn);
  CHECK(ids_of(db.list_all({.deleted = true, .order = ListOrder::newest, .limit = 2})) ==
        std::vector<std::string>(removed_in_turn.rbegin(), removed_in_turn.rend()));
  CHECK(db.list_all({.deleted = true, .order = ListOrder::largest, .limit = 1}).size() == 3);
}

TEST_CASE("lists leave out the provider's answer, finding an image brings it") {
  ContractDatabase db(GENERATE(from_range(backends())));
  ImageRecord image = db.image("bytes");
  image.source.provider_response = R"({"id":"gm3q"})";
  db.add(image);
  CHECK(db.list_all().front().source.provider_response.empty());
  CHECK(db.find(image.id)->source.provider_response == image.source.provider_response);
}

TEST_CASE("a page is refused for a cursor that is not its own and for a limit out of bounds") {
  ContractDatabase db(GENERATE(from_range(backends())));
  add_many(db, 5);
  const std::string cursor = db.list({.limit = 2})->next_cursor;
  REQUIRE_FALSE(cursor.empty());
  CHECK(db.list({.limit = 2, .cursor = cursor}));
  for (const ImageQuery& query :
       {ImageQuery{.order = ListOrder::oldest, .cursor = cursor}, ImageQuery{.deleted = true, .cursor = cursor},
        ImageQuery{.cursor = "nonsense"}, ImageQuery{.cursor = cursor.substr(0, 20)},
        ImageQuery{.cursor = cursor + "AAAA"}, ImageQuery{.limit = 0}, ImageQuery{.limit = 1'001},
        ImageQuery{.text = std::string(1'001, 'a')}}) {
    const auto page = db.list(query);
    REQUIRE_FALSE(page);
    CHECK(page.error().code == Errc::invalid_request);
  }
}

}  // namespace
}  // namespace lightfast::test
