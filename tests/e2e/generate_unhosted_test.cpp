// Generations that are not hosted: because hosting is off, or because it fails for now (ON_STORE_FAILURE).
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

// A delivery host that is broken until it is mended.
class Delivery {
 public:
  std::string url() const { return server_.url("/out-0.png?sig=a%2Bb"); }
  void mend() { status_ = 200; }

 private:
  std::atomic<int> status_ = 500;
  LoopbackServer server_{[this](const ServedRequest&) { return answer(status_, png(5)); }};
};

TEST_CASE("unhosted: with hosting off the provider's own URL is the answer, and nothing is stored") {
  GeneratingServer it(Environment{{"IMAGE_HOSTING_ENABLED", "false"}, {"IMAGE_MIN_FREE_BYTES", "1000000000000000"}});
  const HttpResponse response = it.generate("a pier");
  REQUIRE(response.status == 200);
  const json::object image = response.json().as_object();
  CHECK(image.at("hosted") == json::value(false));
  CHECK(image.at("id").is_null());
  CHECK(text(image, "url").find("/xezq/") != std::string::npos);
  CHECK(image.at("source_url") == image.at("url"));
  CHECK(image.at("replicate_url") == image.at("url"));
  CHECK(text(image, "prediction_id") == it.replicate.ids().front());
  CHECK(first_of(image, "images").at("url") == image.at("url"));
  CHECK(it.replicate.files().fetches() == 0);

  const json::object job = it.ended_job(text(it.promised(), "job_id"));
  CHECK(text(job, "status") == "succeeded");
  CHECK(job.at("image").at("hosted") == json::value(false));
  CHECK(text(job.at("image").as_object(), "url").find("/xezq/") != std::string::npos);

  // Of what comes without a URL the bytes are the answer.
  const std::string inlined = "data:image/png;base64," + to_base64(png(3));
  it.next_output(inlined);
  CHECK(text(it.generate("a pier").json().as_object(), "url") == inlined);
  const HttpResponse sample = it.generate(json::value{{"prompt", "x"}, {"provider", "sample"}});
  CHECK(text(sample.json().as_object(), "url").starts_with("data:image/png;base64,iVBOR"));
  CHECK(it.server.image_files().empty());
}

TEST_CASE("unhosted: where hosting fails the caller gets the provider's URL, and the image once it can be hosted") {
  GeneratingServer it(Environment{{"ON_STORE_FAILURE", "source_url"}, {"DOWNLOAD_TIMEOUT_SECONDS", "1"}});
  Delivery delivery;
  it.next_output(delivery.url());
  const HttpResponse response = it.generate("a pier", {{"Idempotency-Key", "one"}});
  REQUIRE(response.status == 200);
  const json::object image = response.json().as_object();
  CHECK(image.at("hosted") == json::value(false));
  CHECK(image.at("id").is_null());
  CHECK(text(image, "url") == delivery.url());
  CHECK(it.generate("a pier", {{"Idempotency-Key", "one"}}).body == response.body);
  CHECK(it.replicate.create_requests() == 1);

  // It goes on in the background, also after a restart: then at once.
  it.server.process().kill();
  delivery.mend();
  it.server.process().start();
  const json::array images = it.images("default", 1);
  REQUIRE(images.size() == 1);
  const json::object hosted = images.front().as_object();
  CHECK(it.server.get(it.server.path_of(hosted)).body == png(5));
  CHECK(text(hosted, "source_url") == delivery.url());
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE("unhosted: a promise that cannot be hosted yet is pending, and its job shows the provider's URL") {
  GeneratingServer it(Environment{{"ON_STORE_FAILURE", "source_url"}, {"DOWNLOAD_TIMEOUT_SECONDS", "1"}});
  Delivery delivery;
  it.next_output(delivery.url());
  const json::object promise = it.promised();
  json::object job;
  REQUIRE(eventually([&] {
    job = it.job(text(promise, "job_id"));
    return !job.at("image").is_null();
  }));
  CHECK(text(job, "status") == "pending");
  CHECK(job.at("image").at("hosted") == json::value(false));
  CHECK(text(job.at("image").as_object(), "url") == delivery.url());
  check_problem(it.server.get(it.server.path_of(promise)), 503, "pending");
}

TEST_CASE("unhosted: an image that can never be hosted is a failure, whatever ON_STORE_FAILURE says") {
  GeneratingServer it(Environment{{"ON_STORE_FAILURE", "source_url"}});
  it.next_output(it.replicate.host({.bytes = "<html>gone</html>"}));
  check_problem(it.generate(), 502, "provider_failed");
  it.next_output("data:image/png;base64," + to_base64("not an image"));
  check_problem(it.generate(), 502, "provider_failed");
}

TEST_CASE("unhosted: a store that fails after the payment is an error, or with ON_STORE_FAILURE the provider's URL") {
  for (const char* policy : {"error", "source_url"}) {
    GeneratingServer it(Environment{{"ON_STORE_FAILURE", policy}});
    // A file where the user's folder is to be, once the sweep after the start, which would move it, is over.
    const auto stray = it.server.process().images() / "stray";
    write_file(stray, "");
    it.server.process().restart();
    REQUIRE(eventually([&] { return !std::filesystem::exists(stray); }));
    write_file(it.server.process().images() / "blocked", "");
    const HttpResponse response = it.generate(json::value{{"prompt", "x"}, {"user_id", "blocked"}});
    INFO(policy << " " << response.body);
    const bool keeps = std::string_view(policy) == "source_url";
    CHECK(response.status == (keeps ? 200 : 500));
    CHECK(it.replicate.creates() == 1);
    std::filesystem::remove(it.server.process().images() / "blocked");
    if (!keeps) continue;
    it.server.process().restart();
    CHECK(it.images("blocked", 1).size() == 1);
  }
}

}  // namespace
}  // namespace lightfast::test
