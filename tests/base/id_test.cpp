#include "base/id.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"

using namespace lightfast;
using namespace lightfast::test;

TEST_CASE("A user id is any name that sign-in systems give their users") {
  const std::string text = GENERATE(std::string("user123"), "a", "_cloudkit", "auth0|abc", "name@example.org", "a.b",
                                    "A:B+C=D~E-F", "Hosted", "hosted1", "default", std::string(128, 'x'));
  const auto user = UserId::parse(text);
  REQUIRE(user);
  CHECK(user->str() == text);
}

TEST_CASE("A user id that is empty, too long or strange is refused, saying what is allowed") {
  const std::string text = GENERATE(std::string(), std::string(129, 'x'), ".hidden", "-option", "..", "a/b", "a b",
                                    "a\\b", "a%2Fb", "ü", "a,b", "a#b", std::string("a\0b", 3), "a\n", "a*");
  CAPTURE(text);
  const auto user = UserId::parse(text);
  REQUIRE_FALSE(user);
  CHECK(user.error().code == Errc::invalid_user_id);
  CHECK_THAT(user.error().detail, Catch::Contains("A-Z a-z 0-9 _ . @ : | + = ~ -"));
}

TEST_CASE("Words that stand in the user's place in our own paths are no user ids") {
  const auto user = UserId::parse(GENERATE("hosted", "generate", "import", "upload", "sign"));
  REQUIRE_FALSE(user);
  CHECK(user.error().code == Errc::invalid_user_id);
}

TEST_CASE("Case matters in user ids") {
  CHECK(UserId::parse("Ann").value() != UserId::parse("ann").value());
  CHECK(UserId::fallback().str() == "default");
}

TEST_CASE("An image id says when it was made") {
  ManualClock clock;
  const ImageId id = IdGenerator(clock).next_image_id();
  CHECK(id.str().size() == 30);
  CHECK(id.str().substr(0, 4) == "img_");
  CHECK(id.made_at() == clock.now());
  CHECK(ImageId::parse(id.str()).value() == id);
}

TEST_CASE("The time in an id is written as a ULID has it") {
  // 1469918176385 ms is the example of the ULID specification: 01ARYZ6S41.
  ManualClock clock(Timestamp(std::chrono::milliseconds(1469918176385)));
  CHECK(IdGenerator(clock).next("").substr(0, 10) == "01aryz6s41");
}

TEST_CASE("Ids sort by the time of their making") {
  ManualClock clock;
  const IdGenerator generator(clock);
  std::vector<ImageId> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.push_back(generator.next_image_id());
    clock.advance(std::chrono::milliseconds(1));
  }
  CHECK(std::is_sorted(ids.begin(), ids.end()));
}

TEST_CASE("Ten thousand ids of one millisecond are all different") {
  ManualClock clock;
  const IdGenerator generator(clock);
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(generator.next("job_"));
  CHECK(ids.size() == 10'000);
}

TEST_CASE("A clock before 1970 makes ids too") {
  ManualClock clock(Timestamp(std::chrono::milliseconds(-1)));
  CHECK(ImageId::parse(IdGenerator(clock).next_image_id().str()));
}

TEST_CASE("What is no image id is simply not found") {
  const std::string text =
      GENERATE(std::string(), "img_", "img_01jd000000000000000000000", "img_01jd00000000000000000000000",
               "img_01JD0000000000000000000000", "IMG_01jd0000000000000000000000", "01jd0000000000000000000000",
               "img_81jd0000000000000000000000", "img_01jd000000000000000000000i", "img_01jd000000000000000000000l",
               "img_01jd000000000000000000000o", "img_01jd000000000000000000000u", "img_01jd00000000000000000000/0");
  CAPTURE(text);
  const auto id = ImageId::parse(text);
  REQUIRE_FALSE(id);
  CHECK(id.error().code == Errc::not_found);
}

TEST_CASE("Random bytes come in the count asked for, and differ") {
  CHECK(random_bytes(0).empty());
  CHECK(random_bytes(300).size() == 300);
  CHECK(random_bytes(16) != random_bytes(16));
}
