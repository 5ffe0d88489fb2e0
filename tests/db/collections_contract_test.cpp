#include "db/collections.h"

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::Collections;
using db::ImageRecord;
using db::Session;
using std::chrono::minutes;

struct CollectionsUnderTest {
  ContractDatabase db{GENERATE(from_range(backends()))};

  ImageRecord add(const std::string& content, const std::string& collection, const std::string& name,
                  const std::string& user = "ana") {
    db.clock().advance(minutes(1));
    ImageRecord image = db.image(content, user);
    image.name = db::ImageName{collection, name};
    return db.add(image);
  }
  template <class Fn>
  auto look(Fn fn) {
    return db.look([&](const Session& session) { return fn(session.collections()); });
  }
  db::CollectionPage collections(const std::string& after = "", std::uint32_t limit = 100) {
    return look([&](const Collections& of) { return of.collections(user_id("ana"), after, limit); }).value();
  }
  db::NamePage names(const std::string& after = "", std::uint32_t limit = 100) {
    return look([&](const Collections& of) { return of.names(user_id("ana"), "articles", after, limit); }).value();
  }
  std::vector<std::uint32_t> versions(std::uint32_t before = 0, std::uint32_t limit = 100) {
    std::vector<std::uint32_t> numbers;
    const auto images = look([&](const Collections& of) {
      return of.versions(user_id("ana"), {"articles", "hero"}, before, limit);
    });
    for (const ImageRecord& image : images.value()) numbers.push_back(image.version);
    return numbers;
  }
};

TEST_CASE("a user's collections are told with what lives in them") {
  CollectionsUnderTest at;
  at.db.add(at.db.image("nameless"));
  at.add("bob's", "articles", "hero", "bob");
  at.add("scene", "scenes", "one");
  at.add("first", "articles", "hero");
  at.add("second", "articles", "hero");
  const ImageRecord newest = at.add("footer", "articles", "footer");
  const ImageRecord removed = at.add("removed", "articles", "removed");
  const ImageRecord gone = at.add("gone", "gone", "hero");
  REQUIRE(at.db.remove(removed.id));
  REQUIRE(at.db.remove(gone.id));

  const auto page = at.collections();
  CHECK(page.next.empty());
  REQUIRE(page.collections.size() == 2);
  const auto& articles = page.collections.front();
  CHECK(articles.collection == "articles");
  CHECK(articles.names == 2);
  CHECK(articles.images == 3);
  CHECK((articles.changed_at == newest.created_at));
  CHECK(page.collections.back().collection == "scenes");

  const auto find = [&](const std::string& collection) {
    return at.look([&](const Collections& of) { return of.find(user_id("ana"), collection); }).value();
  };
  REQUIRE(find("articles"));
  CHECK(find("articles")->images == 3);
  CHECK_FALSE(find("gone"));
}

TEST_CASE("collections come page by page, each once") {
  CollectionsUnderTest at;
  for (const char* name : {"c", "a", "e", "b", "d"}) at.add(name, name, "hero");
  const auto first = at.collections("", 2);
  REQUIRE(first.collections.size() == 2);
  CHECK(first.collections[1].collection == "b");
  const auto second = at.collections(first.next, 2);
  REQUIRE(second.collections.size() == 2);
  CHECK(second.collections[0].collection == "c");
  const auto last = at.collections(second.next, 2);
  REQUIRE(last.collections.size() == 1);
  CHECK(last.collections[0].collection == "e");
  CHECK(last.next.empty());
}

TEST_CASE("a collection's names come with their current image, or without where that was removed") {
  CollectionsUnderTest at;
  at.add("first", "articles", "hero");
  const ImageRecord second = at.add("second", "articles", "hero");
  at.add("kept", "articles", "footer");
  const ImageRecord removed = at.add("removed", "articles", "footer");
  const ImageRecord purged = at.add("purged", "articles", "purged");
  at.add("elsewhere", "scenes", "one");
  REQUIRE(at.db.remove(removed.id));
  REQUIRE(at.db.remove(purged.id));
  REQUIRE(at.db.purge(purged.id));

  const auto page = at.names();
  REQUIRE(page.names.size() == 2);
  CHECK(page.names[0].name == "footer");
  CHECK(page.names[0].versions == 1);
  CHECK_FALSE(page.names[0].current);
  CHECK(page.names[1].name == "hero");
  CHECK(page.names[1].versions == 2);
  REQUIRE(page.names[1].current);
  CHECK((page.names[1].current->id == second.id));

  const auto find = [&](const std::string& name) {
    return at.look([&](const Collections& of) { return of.find_name(user_id("ana"), {"articles", name}); }).value();
  };
  REQUIRE(find("hero"));
  CHECK(find("hero")->versions == 2);
  REQUIRE(find("hero")->current);
  CHECK((find("hero")->current->id == second.id));
  REQUIRE(find("footer"));
  CHECK_FALSE(find("footer")->current);
  CHECK_FALSE(find("purged"));
}

TEST_CASE("names come page by page, each once, also those with a slash") {
  CollectionsUnderTest at;
  for (const char* name : {"supporting/b", "hero", "supporting/a"}) at.add(name, "articles", name);
  const auto first = at.names("", 2);
  REQUIRE(first.names.size() == 2);
  CHECK(first.names[0].name == "hero");
  CHECK(first.names[1].name == "supporting/a");
  const auto last = at.names(first.next, 2);
  REQUIRE(last.names.size() == 1);
  CHECK(last.names[0].name == "supporting/b");
  CHECK(last.next.empty());
}

TEST_CASE("a name's living versions come newest first, page by page") {
  CollectionsUnderTest at;
  CHECK(at.versions().empty());
  std::vector<ImageId> ids;
  for (int i = 1; i <= 5; ++i) ids.push_back(at.add("bytes " + std::to_string(i), "articles", "hero").id);
  at.add("other", "articles", "footer");
  at.add("other", "articles", "hero", "bob");
  REQUIRE(at.db.remove(ids[2]));
  CHECK(at.versions() == std::vector<std::uint32_t>{5, 4, 2, 1});
  CHECK(at.versions(0, 2) == std::vector<std::uint32_t>{5, 4});
  CHECK(at.versions(4, 2) == std::vector<std::uint32_t>{2, 1});
  CHECK(at.versions(1).empty());
}

TEST_CASE("a page of collections, names or versions has 1 to 1000 entries") {
  CollectionsUnderTest at;
  const std::uint32_t limit = GENERATE(0, 1'001);
  const UserId ana = user_id("ana");
  CHECK(at.look([&](const Collections& of) { return of.collections(ana, "", limit); }).error().code ==
        Errc::invalid_request);
  CHECK(at.look([&](const Collections& of) { return of.names(ana, "articles", "", limit); }).error().code ==
        Errc::invalid_request);
  CHECK(at.look([&](const Collections& of) {
            return of.versions(ana, {"articles", "hero"}, 0, limit);
          })
            .error()
            .code == Errc::invalid_request);
}

}  // namespace
}  // namespace lightfast::test
