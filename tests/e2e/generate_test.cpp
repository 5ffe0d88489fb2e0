// The main job: an image whose URL fades gets one that doesn't.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

TEST_CASE("generate: an image outlives its provider's copy, byte for byte, resumable and revalidated") {
  GeneratingServer it;
  const json::object image = it.generated("a lighthouse at dusk");
  const std::string path = it.server.path_of(image);
  const std::string bytes = png(1);
  it.replicate.forget();
  CHECK(HttpClient(std::stoi(it.replicate.base_url().substr(17))).get(path_of_url(text(image, "source_url"))).status ==
        404);

  const HttpResponse whole = it.server.get(path);
  CHECK(whole.status == 200);
  CHECK(whole.body == bytes);
  CHECK(whole.header("Cache-Control") == "public, max-age=31536000, immutable");
  const std::string etag = whole.header("ETag");
  const HttpResponse rest = it.server.get(path, {{"Range", "bytes=100-"}, {"If-Range", etag}});
  CHECK(rest.status == 206);
  CHECK(rest.body == bytes.substr(100));
  CHECK(it.server.get(path, {{"Range", "bytes=100-"}, {"If-Range", "\"another\""}}).status == 200);
  CHECK(it.server.get(path, {{"If-None-Match", etag}}).status == 304);
  CHECK(it.server.head(path).header("Content-Length") == std::to_string(bytes.size()));

  it.server.process().restart();
  CHECK(it.server.get(path).body == bytes);
}

TEST_CASE("generate: the answer says everything that is known, and the provider was asked once, as its wire has it") {
  GeneratingServer it;
  std::atomic<bool> saw_credential = false;
  LoopbackServer delivery([&](const ServedRequest& request) {
    saw_credential = saw_credential || request.headers.contains("authorization");
    return answer(200, png(1));
  });
  const std::string source = delivery.url("/out-0.png?sig=a%2Bb/c");
  it.next_output(source);
  const HttpResponse response = it.generate(json::value{{"user_id", "user123"},
                                                        {"prompt", "a lighthouse"},
                                                        {"input", {{"aspect_ratio", "16:9"}, {"seed", 7}}},
                                                        {"metadata", {{"any", "json"}}},
                                                        {"expires_in", 3600},
                                                        {"unknown", 1}});
  REQUIRE(response.status == 201);
  const json::object image = response.json().as_object();
  const std::string id = it.replicate.ids().front();
  CHECK(is_image_id(text(image, "id")));
  CHECK(response.header("Location") == text(image, "url"));
  CHECK(text(image, "url").ends_with("/v1/images/hosted/user123/" + text(image, "id") + ".png"));
  CHECK(text(image, "user_id") == "user123");
  CHECK(image.at("hosted") == json::value(true));
  CHECK(text(image, "content_type") == "image/png");
  CHECK(number(image, "size_bytes") == static_cast<std::int64_t>(png(1).size()));
  CHECK(number(image, "width") == 8);
  CHECK(number(image, "height") == 6);
  CHECK(text(image, "sha256").size() == 64);
  CHECK(text(image, "provider") == "replicate");
  CHECK(text(image, "model") == "black-forest-labs/flux-schnell");
  CHECK(text(image, "prediction_id") == id);
  CHECK(text(image, "prompt") == "a lighthouse");
  CHECK(text(image, "source_url") == source);
  CHECK(text(image, "replicate_url") == text(image, "source_url"));
  CHECK(text(image, "visibility") == "public");
  CHECK(image.at("pinned") == json::value(false));
  CHECK(is_whole_second_utc(text(image, "hosted_at")));
  CHECK(is_whole_second_utc(text(image, "expires_at")));
  CHECK(image.at("metadata") == json::value{{"any", "json"}});
  CHECK(first_of(image, "images").at("id") == image.at("id"));
  CHECK_FALSE(image.contains("failed"));
  CHECK_FALSE(image.contains("named_url"));

  CHECK(it.replicate.create_requests() == 1);
  const json::object sent = it.replicate.create_body(id);
  CHECK(sent.at("input") == json::value{{"aspect_ratio", "16:9"}, {"seed", 7}, {"prompt", "a lighthouse"}});
  CHECK(it.replicate.create_header(id, "authorization") == "Bearer " + it.replicate.token());
  CHECK(it.replicate.create_header(id, "prefer").starts_with("wait="));
  CHECK_FALSE(saw_credential);  // the token is for the provider's own host alone

  const json::object stored = it.server.api("GET", "/v1/images/user123/" + text(image, "id")).json().as_object();
  CHECK(stored.at("prediction_id") == image.at("prediction_id"));
  const json::value found = it.server.api("GET", "/v1/users/user123/images?prediction_id=" + id).json();
  CHECK(found.at("images").as_array().size() == 1);
}

TEST_CASE("generate: every shape of output is understood") {
  GeneratingServer it;
  const auto url = [&](std::uint32_t number) { return json::value(it.replicate.host({.bytes = png(number)})); };
  const std::string inline_png = "data:image/png;base64," + to_base64(png(7));
  struct Shape {
    const char* what;
    json::value output;
    std::vector<std::uint32_t> pictures;
  };
  const std::vector<Shape> shapes = {
      {"a string", url(101), {101}},
      {"a list", json::array{url(102)}, {102}},
      {"several", json::array{url(103), url(104), url(105)}, {103, 104, 105}},
      {"holes", json::array{nullptr, url(106), nullptr}, {106}},
      {"nested", json::value{{"images", {{{"url", url(107)}}, {{"url", url(108)}}}}, {"seed", 3}}, {107, 108}},
      {"the bytes themselves", json::value(inline_png), {7}},
      {"bytes and URLs", json::array{inline_png, url(109)}, {7, 109}},
      {"a video beside it", json::array{"https://replicate.delivery/x/film.mp4", url(110)}, {110}},
      {"texts beside it", json::value{{"text", "a lighthouse"}, {"image", url(111)}, {"flag", true}}, {111}},
  };
  for (const Shape& shape : shapes) {
    INFO(shape.what);
    it.next_output(shape.output);
    const json::object image = it.generated();
    const json::array& images = image.at("images").as_array();
    REQUIRE(images.size() == shape.pictures.size());
    CHECK(images.at(0).at("id") == image.at("id"));
    for (std::size_t i = 0; i < images.size(); ++i) {
      CHECK(it.server.get(it.server.path_of(images.at(i).as_object())).body == png(shape.pictures[i]));
    }
  }
  CHECK(it.server.leftovers() == std::set<std::string>{});
}

TEST_CASE("generate: what fails of several outputs is told beside those that are stored") {
  GeneratingServer it;
  const std::string good = it.replicate.host({.bytes = png(1)});
  const std::string bad = it.replicate.host({.bytes = "<html>gone</html>", .content_type = "text/html"});
  it.next_output(json::array{bad, good});
  const json::object image = it.generated();
  CHECK(text(image, "source_url") == good);
  CHECK(image.at("images").as_array().size() == 1);
  REQUIRE(image.at("failed").as_array().size() == 1);
  const json::object failed = first_of(image, "failed");
  CHECK(number(failed, "index") == 0);
  CHECK(text(failed, "source_url") == bad);
  CHECK(text(failed, "code") == "unsupported_image");
}

TEST_CASE("generate: official models, versions and deployments are called each in their way") {
  GeneratingServer it;
  const std::string version(64, 'a');
  struct Model {
    std::string name;
    std::string version;  // in the body
  };
  for (const Model& model : {Model{"owner/name", ""}, Model{version, version}, Model{"owner/name:" + version, version},
                             Model{"deployments/me/mine", ""}}) {
    INFO(model.name);
    const json::object image = it.generated(json::value{{"prompt", "x"}, {"model", model.name}});
    const json::object sent = it.replicate.create_body(it.replicate.ids().back());
    CHECK(sent.contains("version") == !model.version.empty());
    if (sent.contains("version")) CHECK(text(sent, "version") == model.version);
    CHECK(text(image, "model") == model.name);
  }
  for (const char* wrong : {"name", "a/b/c", "../x", "owner/name?x=1", "owner/na me"}) {
    check_problem(it.generate(json::value{{"prompt", "x"}, {"model", wrong}}), 400, "invalid_request");
  }
  CHECK(it.replicate.create_requests() == 4);
}

TEST_CASE("generate: a prediction that only starts is polled to its end, through whatever polling meets") {
  GeneratingServer it;
  it.replicate.script({.statuses = {"starting"}, .partial_output = json::array{nullptr}});
  it.replicate.fail_polls({server_error(500), throttled(1), connection_reset()});
  const json::object image = it.generated();
  CHECK(it.server.get(it.server.path_of(image)).body == png(1));
  CHECK(it.replicate.create_requests() == 1);
  CHECK(it.replicate.polls() == 4);
}

TEST_CASE("generate: outputs that come before the end of the prediction are taken where the answer waited for them") {
  GeneratingServer it;
  it.replicate.script_next({.wait_shows_processing = true});
  it.generated();
  CHECK(it.replicate.polls() == 0);
  // While it is polled, a list may still grow.
  const std::string early = it.replicate.host({.bytes = png(201)}), late = it.replicate.host({.bytes = png(202)});
  it.replicate.script_next({.statuses = {"starting", "processing"},
                            .output =
                                [=](std::uint32_t) {
                                  return json::value(json::array{early, late});
                                },
                            .partial_output = json::array{early}});
  CHECK(it.generated().at("images").as_array().size() == 2);
}

TEST_CASE("generate: the bytes say what an image is, whatever its name and type claim") {
  GeneratingServer it;
  const std::string webp = fixture("beacon.webp");
  for (const auto& type : {std::optional<std::string>("image/png"), std::optional<std::string>(),
                           std::optional<std::string>("binary/octet-stream")}) {
    it.next_output(it.replicate.host({.bytes = webp, .content_type = type}, "out-0.png?sig=a%2Bb/c"));
    const json::object image = it.generated();
    CHECK(text(image, "content_type") == "image/webp");
    CHECK(text(image, "url").ends_with(".webp"));
    CHECK(it.server.get(it.server.path_of(image)).body == webp);
  }
}

TEST_CASE("generate: the sample provider draws the same picture for the same prompt, as another image each time") {
  GeneratingServer it;
  const json::value body{{"input", {{"prompt", "a harbour"}, {"width", 64}, {"height", 48}}}, {"provider", "sample"}};
  const json::object first = it.generated(body), second = it.generated(body);
  CHECK(first.at("sha256") == second.at("sha256"));
  CHECK(first.at("id") != second.at("id"));
  CHECK(text(first, "prompt") == "a harbour");
  CHECK(number(first, "width") == 64);
  CHECK_FALSE(first.contains("replicate_url"));
  CHECK(it.replicate.create_requests() == 0);
}

TEST_CASE("generate: a private image is for those with a key") {
  GeneratingServer it;
  const json::object image = it.generated(json::value{{"prompt", "x"}, {"visibility", "private"}});
  const std::string path = it.server.path_of(image);
  check_problem(it.server.get(path), 404, "not_found");
  const HttpResponse mine = it.server.get(path, with_key);
  CHECK(mine.status == 200);
  CHECK(mine.header("Cache-Control") == "private, no-cache");
}

TEST_CASE("generate: metadata may go sixteen levels deep and more is refused before anything is paid for") {
  GeneratingServer it;
  const auto nested = [](int levels) {
    json::value value = 1;
    for (int i = 0; i < levels; ++i) value = json::array{value};
    return value;
  };
  const json::value too_deep = nested(17);
  check_problem(it.generate(json::value{{"prompt", "a pier"}, {"metadata", too_deep}}), 400, "invalid_request");
  check_problem(it.import({{"url", "data:;base64," + to_base64(png(2))}, {"metadata", too_deep}}), 400,
                "invalid_request");
  check_problem(it.server.api("POST", "/v1/uploads", json::serialize(json::value{{"metadata", too_deep}})), 400,
                "invalid_request");
  CHECK(it.replicate.creates() == 0);
  const json::object image = it.generated(json::value{{"prompt", "a pier"}, {"metadata", nested(16)}});
  CHECK(image.at("metadata") == nested(16));
  const auto upload = [&](const json::value& metadata) {
    return it.server.api("POST", "/v1/images/upload",
                         json::serialize(json::value{{"data", to_base64(png(3))}, {"metadata", metadata}}),
                         {{"Content-Type", "application/json"}});
  };
  check_problem(upload(too_deep), 400, "invalid_request");
  CHECK(upload(nested(16)).status == 201);
}

}  // namespace
}  // namespace lightfast::test
