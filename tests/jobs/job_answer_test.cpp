#include "server/jobs/job_answer.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::jobs {
namespace {

namespace json = boost::json;
using db::JobState;

struct Fixture {
  Fixture() { view.job.provider = "replicate"; }

  db::ImageRecord stored(JobOutput& output, bool existed = false) {
    output.stored = true;
    output.existed = existed;
    db::ImageRecord image{.id = output.id, .user = user};
    image.file_key = "alice/" + output.id.str() + ".png";
    return image;
  }
  json::object answer(int status) {
    const auto given = answers.answer(view);
    REQUIRE(given);
    CHECK(given->status == status);
    return json::parse(given->json).as_object();
  }
  json::object job_json() { return json::parse(answers.job_json(view)).as_object(); }

  const UserId user = UserId::parse("alice").value();
  SystemClock clock;
  IdGenerator ids{clock};
  images::ImageUrls urls{"https://images.example.com", ""};
  JobAnswers answers{urls, {}};
  JobView view{{.id = "job_1", .user = user, .image_id = ids.next_image_id()}, {}, {}};
};

TEST_CASE("an import that is not finished is pending, not its own source as an unhosted image") {
  Fixture fixture;
  fixture.view.job.kind = db::JobKind::import;
  fixture.view.job.state = JobState::fetching;
  fixture.view.outputs = {{fixture.view.job.image_id, "https://example.com/x.png"}};
  const auto answer = fixture.answers.answer(fixture.view);
  REQUIRE(!answer);
  CHECK(answer.error().code == Errc::pending);
  CHECK(answer.error().retry_after);
  CHECK(fixture.job_json().at("image").is_null());
}

TEST_CASE("what is tried again meanwhile is answered with the provider's URL") {
  Fixture fixture;
  fixture.view.job.state = JobState::fetching;
  fixture.view.outputs = {{fixture.view.job.image_id, "https://replicate.delivery/x.png"}};
  fixture.view.outputs.front().error_code = "storage_full";
  const json::object answer = fixture.answer(200);
  CHECK(answer.at("hosted") == json::value(false));
  CHECK(answer.at("id").is_null());
  CHECK(answer.at("url") == json::value("https://replicate.delivery/x.png"));
  CHECK(fixture.job_json().at("status") == json::value("pending"));
  CHECK(fixture.job_json().at("image").at("url") == answer.at("url"));
}

TEST_CASE("new images are 201, one that was here already 200, removed ones 404, failures themselves") {
  Fixture fixture;
  fixture.view.job.state = JobState::succeeded;
  fixture.view.outputs = {{fixture.view.job.image_id, "https://a/1"}, {fixture.ids.next_image_id(), "https://a/2"}};
  fixture.view.outputs[1].error_code = "source_gone";
  fixture.view.images = {fixture.stored(fixture.view.outputs[0])};
  CHECK(fixture.answer(201).at("failed").at(0).at("index") == json::value(1));
  fixture.view.outputs[0].existed = true;
  CHECK(fixture.answer(200).at("hosted") == json::value(true));
  fixture.view.images.clear();
  CHECK(fixture.answers.answer(fixture.view).error().code == Errc::not_found);
  CHECK(fixture.job_json().at("image").is_null());

  Error error{Errc::provider_failed, "the generation failed"};
  error.members.emplace_back("prediction_id", "p1");
  set_error(fixture.view.job, error);
  CHECK(fixture.answers.answer(fixture.view).error().members == error.members);
  CHECK(fixture.job_json().at("error").at("prediction_id") == json::value("p1"));
}

}  // namespace
}  // namespace lightfast::jobs
