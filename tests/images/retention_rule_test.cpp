#include "server/images/retention_rule.h"

#include <catch2/catch.hpp>

using namespace lightfast;
using namespace std::chrono_literals;

namespace {
db::ImageRecord image_of(Timestamp hosted) {
  static const SystemClock clock;
  db::ImageRecord image{.id = IdGenerator(clock).next_image_id(), .user = UserId::fallback()};
  image.created_at = image.renewed_at = hosted;
  return image;
}
const Timestamp hosted = *parse_iso8601("2026-11-28T10:00:00Z");
}  // namespace

TEST_CASE("without a rule nothing expires") {
  CHECK_FALSE(images::earliest_removal(image_of(hosted), {}));
}

TEST_CASE("an image expires by age, or earlier where its caller asked for that") {
  auto image = image_of(hosted);
  const images::RetentionRule rule{.max_age_days = 90};
  CHECK(images::earliest_removal(image, rule) == hosted + std::chrono::days(90));
  image.expires_at = hosted + 1h;
  CHECK(images::earliest_removal(image, rule) == hosted + 1h);
  image.expires_at = hosted + std::chrono::days(365);
  CHECK(images::earliest_removal(image, rule) == hosted + std::chrono::days(90));
}

TEST_CASE("age counts from the last time that the same bytes came in") {
  auto image = image_of(hosted);
  image.renewed_at = hosted + std::chrono::days(30);
  CHECK(images::earliest_removal(image, {.max_age_days = 90}) == hosted + std::chrono::days(120));
}

TEST_CASE("a pinned image never expires") {
  auto image = image_of(hosted);
  image.pinned = true;
  image.expires_at = hosted + 1h;
  CHECK_FALSE(images::earliest_removal(image, {.max_age_days = 1}));
}

TEST_CASE("the rule is told in one line") {
  CHECK(images::describe({}) == "images stay for ever; no limit per user; removed images can be restored for 7 days");
  const images::RetentionRule behind_cdn{.per_user_images = 50, .order = images::EvictionOrder::oldest};
  CHECK_THAT(images::describe(behind_cdn), Catch::Contains("at most 50 images per user, the oldest go first;"));
  CHECK(images::describe({.max_age_days = 90, .per_user_images = 50}).find("removed 90 days after") !=
        std::string::npos);
}
