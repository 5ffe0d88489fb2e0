// From URLs to the images that they became.
#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;

const std::string url = "https://replicate.delivery/out-0.webp?sig=a%2Bb";

class SourcesUnderTest {
 public:
  ContractDatabase db{GENERATE(from_range(backends()))};

  ImageRecord from_url(const std::string& content, const std::string& user = "ana") {
    ImageRecord image = db.image(content, user);
    image.source.source_url = url;
    return image;
  }
  std::string last(const std::optional<UserId>& user) {
    return id_of(db.look([&](const db::Session& session) { return session.images().find_by_source(user, url); }));
  }
  std::string first_public(const std::optional<UserId>& user) {
    return id_of(
        db.look([&](const db::Session& session) { return session.images().find_public_by_source(user, url); }));
  }

 private:
  static std::string id_of(const Result<std::optional<ImageRecord>>& found) {
    return found.value() ? (*found)->id.str() : "none";
  }
};

TEST_CASE("of a URL's images the last living one is found and of the public ones the first") {
  SourcesUnderTest at;
  ImageRecord private_one = at.from_url("0");
  private_one.visibility = db::Visibility::private_;
  at.db.add(private_one);
  const ImageRecord first = at.db.add(at.from_url("1")), last = at.db.add(at.from_url("2"));
  CHECK(at.last(user_id("ana")) == last.id.str());
  CHECK(at.first_public(user_id("ana")) == first.id.str());
  at.db.insert(at.from_url("1"));  // brought in again: the same image
  CHECK(at.last(user_id("ana")) == first.id.str());
  CHECK(at.first_public(user_id("ana")) == first.id.str());
  REQUIRE(at.db.remove(first.id));
  CHECK(at.last(user_id("ana")) == last.id.str());
  CHECK(at.first_public(user_id("ana")) == last.id.str());
  REQUIRE(at.db.remove(last.id));
  REQUIRE(at.db.purge(last.id));
  CHECK(at.last(user_id("ana")) == private_one.id.str());
  CHECK(at.first_public(user_id("ana")) == "none");
  REQUIRE(at.db.restore(first.id));
  CHECK(at.first_public(user_id("ana")) == first.id.str());
}

TEST_CASE("a URL is whose user brought it in first and hearsay leads its own user alone") {
  SourcesUnderTest at;
  ImageRecord claim = at.from_url("claimed", "eve");
  claim.source.is_hearsay = true;
  at.db.add(claim);
  CHECK(at.last(std::nullopt) == "none");
  CHECK(at.first_public(std::nullopt) == "none");
  CHECK(at.last(user_id("eve")) == claim.id.str());
  CHECK(at.first_public(user_id("eve")) == claim.id.str());
  const ImageRecord anas = at.db.add(at.from_url("true", "ana"));
  const ImageRecord bobs = at.db.add(at.from_url("true", "bob"));
  at.db.insert(at.from_url("claimed", "eve"));  // proven since, but not the first
  CHECK(at.last(std::nullopt) == anas.id.str());
  CHECK(at.first_public(std::nullopt) == anas.id.str());
  REQUIRE(at.db.remove(anas.id));
  CHECK(at.last(user_id("ana")) == "none");
  CHECK(at.last(std::nullopt) == bobs.id.str());
}

}  // namespace
}  // namespace lightfast::test
