// GET /v1/resolve: from a provider's URL to the image that it became.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string target_of(const std::string& url, const std::string& more = "") {
  return "/v1/resolve?url=" + percent_encode(url) + more;
}

HttpResponse resolve(GeneratingServer& it, const std::string& url, const std::string& more = "") {
  const HttpResponse response = it.server.api("GET", target_of(url, more));
  CHECK(response.header("Cache-Control") == "no-store");
  return response;
}

std::string resolved(GeneratingServer& it, const std::string& url, const std::string& more = "") {
  const HttpResponse response = resolve(it, url, more);
  INFO(response.body);
  REQUIRE(response.status == 200);
  return text(response.json().as_object(), "id");
}

TEST_CASE("resolve: every output of a generation is found by its URL, byte for byte, long after that has faded") {
  GeneratingServer it;
  const std::string first = it.replicate.host({.bytes = png(1)}, "1.png?sig=a%2Bb/c+d&se=2099"),
                    second = it.replicate.host({.bytes = png(2)}, "2.png");
  it.next_output(json::value{first, second});
  const json::object made = it.generated();
  it.replicate.forget();
  it.server.process().restart();
  CHECK(resolved(it, first) == text(made.at("images").at(0).as_object(), "id"));
  CHECK(resolved(it, second) == text(made.at("images").at(1).as_object(), "id"));
  check_problem(resolve(it, first.substr(0, first.find('?'))), 404, "not_found");
  check_problem(resolve(it, first + "x"), 404, "not_found");

  const HttpResponse redirect = resolve(it, second, "&redirect=1");
  CHECK(redirect.status == 302);
  CHECK(it.server.get(path_of_url(redirect.header("Location"))).body == png(2));
}

TEST_CASE("resolve: imports are found too, also where the same bytes were here already, and the latest of a URL") {
  GeneratingServer it;
  const std::string id = text(it.server.uploaded(png(1), "default"), "id");
  const std::string same = it.replicate.host({.bytes = png(1)});
  REQUIRE(it.import(json::value{{"url", same}}).status == 200);
  CHECK(resolved(it, same) == id);
  const std::string told =
      text(it.server.uploaded(png(2), "default", "&source_url=" + percent_encode("https://replicate.delivery/old.png")),
           "id");
  CHECK(resolved(it, "https://replicate.delivery/old.png") == told);
  const std::string again = text(it.server.uploaded(png(3), "default", "&source_url=" + percent_encode(same)), "id");
  CHECK(resolved(it, same) == again);
}

TEST_CASE("resolve: an image is found for its own user, and by a key for all users where none is named") {
  GeneratingServer it;
  const std::string url = it.replicate.host({.bytes = png(1)});
  REQUIRE(it.import(json::value{{"url", url}, {"user_id", "ana"}}).status == 201);
  resolved(it, url, "&user_id=ana");
  resolved(it, url);
  check_problem(resolve(it, url, "&user_id=bob"), 404, "not_found");
  std::string bobs = it.server.process().run({"keys", "create", "--name", "bobs", "--user", "bob"}).out;
  bobs.pop_back();
  CHECK(it.server.get(target_of(url), {{"Authorization", "Bearer " + bobs}}).status == 404);
  std::string key = it.server.process().run({"keys", "create", "--name", "anas", "--user", "ana"}).out;
  key.pop_back();
  const Headers with_anas = {{"Authorization", "Bearer " + key}};
  CHECK(it.server.get(target_of(url), with_anas).status == 200);
  check_problem(it.server.get(target_of(url, "&user_id=bob"), with_anas), 403, "forbidden");
}

TEST_CASE("resolve: what a key for one user says of an image leads that user alone to it") {
  GeneratingServer it;
  std::string key = it.server.process().run({"keys", "create", "--name", "eves", "--user", "eve"}).out;
  key.pop_back();
  const Headers with_eves = {{"Authorization", "Bearer " + key}};
  const std::string url = "https://replicate.delivery/bobs.png", told = "&source_url=" + percent_encode(url);
  const auto claim = [&](const HttpRequest& request) {
    const int status = it.server.send(request).status;
    INFO(request.target);
    CHECK((status == 200 || status == 201));
  };
  claim({"POST", "/v1/images/upload?user_id=eve" + told, with_eves, png(1)});
  const std::string inlined = "data:image/png;base64," + to_base64(png(2));
  claim(json_request("/v1/images/import", {{"url", inlined}, {"source_url", url}}, with_eves));
  const auto ticket = it.server.send(json_request("/v1/uploads", {{"source_url", url}}, with_eves)).json();
  claim({"PUT", path_of_url(text(ticket.as_object(), "upload_url")), {}, png(3)});
  check_problem(resolve(it, url), 404, "not_found");
  resolved(it, url, "&user_id=eve");

  const std::string bobs = text(it.server.uploaded(png(4), "bob", told), "id");
  CHECK(resolved(it, url) == bobs);
  CHECK(resolved(it, url, "&user_id=eve") != bobs);
}

TEST_CASE("resolve: what was removed is missing, and there again once it is restored") {
  GeneratingServer it;
  const std::string url = it.replicate.host({.bytes = png(1)});
  const json::object image = it.import(json::value{{"url", url}}).json().as_object();
  const std::string path = "/v1/images/default/" + text(image, "id");
  it.server.api("DELETE", path);
  check_problem(resolve(it, url), 404, "not_found");
  check_problem(resolve(it, url, "&redirect=1"), 404, "not_found");
  it.server.api("POST", path + "/restore");
  resolved(it, url);
}

TEST_CASE("resolve: an output that is being fetched is pending, and found once a host that failed is well again") {
  GeneratingServer it(Environment{{"ON_STORE_FAILURE", "source_url"}, {"DOWNLOAD_TIMEOUT_SECONDS", "1"}});
  std::atomic<int> status = 500;
  LoopbackServer delivery([&](const ServedRequest&) { return answer(status, png(5)); });
  const std::string url = delivery.url("/out-0.png?sig=a%2Bb");
  it.next_output(url);
  REQUIRE(it.generate().status == 200);
  const HttpResponse pending = resolve(it, url);
  check_problem(pending, 503, "pending");
  CHECK_FALSE(pending.header("Retry-After").empty());
  it.server.process().kill();
  status = 200;
  it.server.process().start();
  const json::array images = it.images("default", 1);
  CHECK(resolved(it, url) == text(images.at(0).as_object(), "id"));
}

TEST_CASE("resolve: of OpenAI's files another signature does where it can mean one image only") {
  GeneratingServer it;
  const std::string file = "https://oaidalleapiprodscus.blob.core.windows.net/private/org-1/img-1.png";
  const auto said_to_be_from = [&](std::uint32_t number, const std::string& url) {
    return text(it.server.uploaded(png(number), "default", "&source_url=" + percent_encode(url)), "id");
  };
  const std::string id = said_to_be_from(1, file + "?se=2026-01-01&sig=a%2Bb");
  CHECK(resolved(it, file + "?se=2026-01-02&sig=c") == id);
  CHECK(resolved(it, file) == id);
  check_problem(resolve(it, file + "x?se=2026-01-02&sig=c"), 404, "not_found");
  said_to_be_from(2, file + "?se=2026-01-03&sig=d");
  check_problem(resolve(it, file + "?se=2026-01-02&sig=c"), 404, "not_found");
  CHECK(resolved(it, file + "?se=2026-01-01&sig=a%2Bb") == id);
  said_to_be_from(3, "https://example.com/picture?id=1");
  check_problem(resolve(it, "https://example.com/picture?id=2"), 404, "not_found");
}

TEST_CASE("resolve: what is asked wrongly is said") {
  GeneratingServer it;
  check_problem(it.server.api("GET", "/v1/resolve"), 400, "invalid_request");
  check_problem(it.server.api("GET", target_of("https://a/b", "&redirect=perhaps")), 400, "invalid_request");
  check_problem(it.server.api("GET", target_of("https://a/b", "&user_id=-x")), 400, "invalid_user_id");
  check_problem(it.server.api("GET", target_of("no URL at all")), 404, "not_found");
}

}  // namespace
}  // namespace lightfast::test
