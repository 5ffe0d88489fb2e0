#include "server/ingest/downloader.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"
#include "tests/support/loopback_server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_storage.h"
#include "tests/support/run_task.h"

namespace lightfast::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::answer;
using test::LoopbackServer;
using test::run_task;
using test::ServedAnswer;
using test::ServedRequest;

const ServedAnswer cut_off{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", ServedAnswer::Then::close};

struct Bench {
  explicit Bench(DownloadLimits limits = {}, const char* allowed = "127.0.0.0/8")
      : guard(IpNetwork::parse_list(allowed).value()), limits_given(limits) {}

  Result<Download> download(DownloadRequest request) {
    Downloader downloader({client, guard, storage, writers, clock, sleep}, limits_given);
    return run_task(downloader.download(std::move(request)));
  }
  Result<Download> download(const std::string& url, SourceAge age = SourceAge::settled) {
    DownloadRequest request;
    request.url = url;
    request.age = age;
    return download(std::move(request));
  }
  milliseconds slept() const {
    milliseconds sum{0};
    for (const milliseconds time : naps) sum += time;
    return sum;
  }

  AddressGuard guard;
  DownloadLimits limits_given;
  test::MemoryStorage storage;
  test::ManualClock clock;
  std::vector<milliseconds> naps;
  Sleep sleep = [this](milliseconds time) -> Task<> {
    naps.push_back(time);
    clock.advance(time);
    co_return;
  };
  Workers writers{"write", 2, 100};
  HttpClient client{download_client_options(guard)};
};

std::string bytes_of(const Download& download) {
  std::string out(download.size_bytes, '\0');
  const ssize_t got = ::pread(download.bytes.spool->file(), out.data(), out.size(), 0);
  REQUIRE(got == static_cast<ssize_t>(out.size()));
  return out;
}

// Answers in order, the last one for ever.
LoopbackServer::Handler in_order(std::vector<ServedAnswer> answers) {
  auto next = std::make_shared<std::atomic<std::size_t>>(0);
  return [answers = std::move(answers), next](const ServedRequest&) {
    return answers[std::min((*next)++, answers.size() - 1)];
  };
}

TEST_CASE("a download's bytes, size, digest and claimed type are handed over") {
  std::string body;
  for (int i = 0; i < 2'000'000; ++i) body += static_cast<char>(i * 7 ^ i >> 8);
  LoopbackServer server(in_order({answer(200, body, "Content-Type: image/webp\r\n")}));
  Bench bench;
  const auto download = bench.download(server.url("/a.png"));
  REQUIRE(download);
  CHECK(download->size_bytes == body.size());
  CHECK(download->bytes.sha256 == sha256(body));
  CHECK(download->content_type == "image/webp");
  CHECK(download->seems.empty());
  CHECK(bytes_of(*download) == body);
  CHECK(bench.naps.empty());
}

TEST_CASE("a body without a length, chunked or to the end of the connection, is taken whole") {
  LoopbackServer server(
      in_order({ServedAnswer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
                ServedAnswer{"HTTP/1.1 200 OK\r\n\r\nabcd", ServedAnswer::Then::close}}));
  Bench bench;
  CHECK(bench.download(server.url("/"))->size_bytes == 3);
  CHECK(bench.download(server.url("/"))->size_bytes == 4);
}

TEST_CASE("a URL is requested byte for byte, without asking for any encoding") {
  ServedRequest seen;
  LoopbackServer server([&](const ServedRequest& request) {
    seen = request;
    return answer(200, "x");
  });
  Bench bench;
  const std::string target = "/p/img.png?se=2026-11-28T11%3A00%3A00Z&sig=a%2Bb/c+d%3d&rsct=image/png";
  REQUIRE(bench.download(server.url(target)));
  CHECK(seen.target == target);
  CHECK(seen.headers.at("accept-encoding") == "identity");
  CHECK(seen.headers.count("authorization") == 0);
}

TEST_CASE("a body over the limit is refused, with and without a length") {
  LoopbackServer server(
      in_order({answer(200, std::string(1001, 'x')),
                ServedAnswer{"HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'), ServedAnswer::Then::close},
                answer(200, std::string(1000, 'x'))}));
  Bench bench({.max_bytes = 1000});
  CHECK(bench.download(server.url("/")).error().code == Errc::too_large);
  CHECK(bench.download(server.url("/")).error().code == Errc::too_large);
  CHECK(bench.download(server.url("/"))->size_bytes == 1000);
  CHECK(bench.naps.empty());
}

TEST_CASE("a fresh source that is not there yet is waited for") {
  const int status = GENERATE(404, 403, 429, 500, 503);
  LoopbackServer server(in_order({answer(status, "no"), answer(status, "no"), answer(status, "no"), answer(200, "x")}));
  Bench bench;
  const auto download = bench.download(server.url("/"), SourceAge::fresh);
  REQUIRE(download);
  CHECK(bytes_of(*download) == "x");
  CHECK(server.requests() == 4);
}

TEST_CASE("a fresh source that stays away is gone after some ten seconds") {
  LoopbackServer server(in_order({answer(404, "no")}));
  Bench bench;
  CHECK(bench.download(server.url("/"), SourceAge::fresh).error().code == Errc::source_gone);
  CHECK(bench.slept() > seconds(7));
  CHECK(bench.slept() <= seconds(10));
}

TEST_CASE("a settled source's 403, 404 and 410 are for good, a fresh one's 410 too") {
  for (const int status : {403, 404, 410}) {
    LoopbackServer server(in_order({answer(status, "no")}));
    Bench bench;
    CHECK(bench.download(server.url("/")).error().code == Errc::source_gone);
    CHECK(server.requests() == 1);
  }
  LoopbackServer server(in_order({answer(410, "no")}));
  Bench bench;
  CHECK(bench.download(server.url("/"), SourceAge::fresh).error().code == Errc::source_gone);
  CHECK(server.requests() == 1);
}

TEST_CASE("other answers than 200 are failures, and only passing ones are repeated") {
  for (const int status : {204, 206, 201, 304, 400, 401, 402, 418}) {
    INFO(status);
    LoopbackServer server(in_order({answer(status, status == 204 || status == 304 ? "" : "some bytes")}));
    Bench bench;
    CHECK(bench.download(server.url("/"), SourceAge::fresh).error().code == Errc::download_failed);
    CHECK(server.requests() == 1);
  }
  LoopbackServer failing(in_order({answer(500, "no")}));
  Bench bench;
  const auto failed = bench.download(failing.url("/"));
  CHECK(failed.error().code == Errc::download_failed);
  CHECK(failed.error().detail.find("500") != std::string::npos);
  CHECK(failing.requests() > 1);
  CHECK(bench.slept() <= seconds(2));
}

TEST_CASE("the source's own Retry-After is kept, and given up on when it is too long") {
  LoopbackServer server(in_order({answer(429, "", "Retry-After: 3\r\n"), answer(200, "x")}));
  Bench bench;
  REQUIRE(bench.download(server.url("/"), SourceAge::fresh));
  CHECK(bench.naps == std::vector<milliseconds>{seconds(3)});
  LoopbackServer slow(in_order({answer(429, "", "Retry-After: 60\r\n"), answer(200, "x")}));
  CHECK(bench.download(slow.url("/"), SourceAge::fresh).error().code == Errc::download_failed);
  CHECK(slow.requests() == 1);
}

TEST_CASE("a body cut short is fetched again, from its beginning") {
  const SourceAge age = GENERATE(SourceAge::fresh, SourceAge::settled);
  LoopbackServer server(in_order({cut_off, ServedAnswer{"", ServedAnswer::Then::reset}, answer(200, "whole")}));
  Bench bench;
  const auto download = bench.download(server.url("/"), age);
  REQUIRE(download);
  CHECK(bytes_of(*download) == "whole");
}

TEST_CASE("a body that is always cut short, or empty, is given up after a few tries") {
  for (const ServedAnswer& bad : {cut_off, answer(200, "")}) {
    LoopbackServer server(in_order({bad}));
    Bench bench;
    CHECK(bench.download(server.url("/")).error().code == Errc::download_failed);
    CHECK(server.requests() == 4);
  }
}

TEST_CASE("bytes that are proven broken are fetched again from a fresh source only") {
  LoopbackServer server(in_order({answer(200, "br"), answer(200, "whole")}));
  Bench bench;
  DownloadRequest request;
  request.url = server.url("/");
  request.prove = [](const storage::Spool& spool) -> Task<Result<void>> {
    if (spool.size_bytes() < 5) co_return Error{Errc::invalid_image, "cut"};
    co_return Result<void>();
  };
  CHECK(bench.download(request).error().code == Errc::invalid_image);
  LoopbackServer again(in_order({answer(200, "br"), answer(200, "whole")}));
  request.url = again.url("/");
  request.age = SourceAge::fresh;
  CHECK(bench.download(request)->size_bytes == 5);
}

TEST_CASE("redirects are followed five times, relative ones too") {
  LoopbackServer server([](const ServedRequest& request) {
    const int hop = request.target.back() - '0';
    if (hop == 0) return answer(200, "there");
    const int status = hop % 2 == 0 ? 302 : 307;
    return answer(status, "moved", "Location: ../x/" + std::to_string(hop - 1) + "\r\n");
  });
  Bench bench;
  const auto download = bench.download(server.url("/x/5"));
  REQUIRE(download);
  CHECK(bytes_of(*download) == "there");
  CHECK(bench.download(server.url("/x/6")).error().code == Errc::download_forbidden);
}

TEST_CASE("every hop of a redirect is guarded") {
  for (const char* target : {"http://127.0.0.2/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
                             "file:///etc/passwd", "ftp://127.0.0.1/", "http://user@127.0.0.1/", "//127.0.0.2/x",
                             "http://localhost\\@127.0.0.1/", "gopher://x/"}) {
    INFO(target);
    LoopbackServer server(in_order({answer(302, "", "Location: " + std::string(target) + "\r\n")}));
    Bench bench({}, "127.0.0.1");
    CHECK(bench.download(server.url("/"), SourceAge::fresh).error().code == Errc::download_forbidden);
    CHECK(server.requests() == 1);
  }
}

TEST_CASE("a redirect without a Location is no redirect") {
  LoopbackServer server(in_order({answer(302, "where?")}));
  Bench bench;
  CHECK(bench.download(server.url("/")).error().code == Errc::download_failed);
}

TEST_CASE("forbidden addresses and URLs are not fetched") {
  LoopbackServer server(in_order({answer(200, "secret")}));
  Bench bench({}, "");
  CHECK(bench.download(server.url("/"), SourceAge::fresh).error().code == Errc::download_forbidden);
  CHECK(bench.download("file:///etc/passwd").error().code == Errc::download_forbidden);
  CHECK(bench.download("nonsense").error().code == Errc::invalid_request);
  CHECK(server.connections() == 0);
  CHECK(bench.naps.empty());
}

TEST_CASE("the provider's token goes to its own origin only") {
  std::vector<ServedRequest> elsewhere;
  LoopbackServer delivery([&](const ServedRequest& request) {
    elsewhere.push_back(request);
    return answer(200, "x");
  });
  std::vector<ServedRequest> at_home;
  LoopbackServer api([&](const ServedRequest& request) {
    at_home.push_back(request);
    return answer(302, "", "Location: " + delivery.url("/out.png") + "\r\n");
  });
  Bench bench;
  DownloadRequest request;
  request.url = api.url("/v1/files/x");
  request.credential = providers::DownloadCredential{api.url(""), "r8_SECRET"};
  REQUIRE(bench.download(request));
  CHECK(at_home.at(0).headers.at("authorization") == "Bearer r8_SECRET");
  CHECK(elsewhere.at(0).headers.count("authorization") == 0);
}

TEST_CASE("a download that takes too long is ended") {
  LoopbackServer server([&](const ServedRequest&) {
    server.hold();
    return answer(200, "x");
  });
  Bench bench({.timeout = milliseconds(100)});
  bench.sleep = [&](milliseconds) -> Task<> {
    bench.clock.advance(seconds(1));
    co_return;
  };
  CHECK(bench.download(server.url("/")).error().code == Errc::download_timeout);
}

TEST_CASE("a disk that fails ends the download with the disk's error") {
  class FullSpool final : public storage::Spool {
   public:
    Result<void> append(std::span<const std::byte>) override { return Error{Errc::storage_full, "no room"}; }
    std::uint64_t size_bytes() const override { return 0; }
    int file() const override { return -1; }
  };
  class FullStorage final : public storage::Storage {
   public:
    Result<std::unique_ptr<storage::Spool>> create_spool() override { return std::make_unique<FullSpool>(); }
    Result<storage::BlobInfo> put(const storage::BlobKey&, std::unique_ptr<storage::Spool>) override { return none(); }
    Result<storage::OpenBlob> open(const storage::BlobKey&) override { return none(); }
    Result<storage::BlobInfo> status(const storage::BlobKey&) override { return none(); }
    Result<void> remove(const storage::BlobKey&) override { return none(); }
    Result<storage::Entry> look(const storage::BlobKey&) override { return none(); }
    Result<void> list(const std::function<bool(const storage::BlobKey&)>&) override { return none(); }
    Result<std::string> set_aside(const storage::BlobKey&, storage::Aside) override { return none(); }
    Result<void> list_aside(storage::Aside, const std::function<bool(const std::string&)>&) override { return none(); }
    Result<storage::OpenBlob> open_aside(storage::Aside, const std::string&) override { return none(); }
    Result<storage::BlobInfo> put_back(storage::Aside, const std::string&, const storage::BlobKey&) override {
      return none();
    }
    Result<void> list_leftovers(const std::function<bool(const std::string&)>&) override { return none(); }
    Result<std::size_t> remove_leftovers() override { return none(); }
    Result<SpaceStatus> space() override { return none(); }

   private:
    static Error none() { return {Errc::internal, "not in this test"}; }
  };
  LoopbackServer server(in_order({answer(200, std::string(3'000'000, 'x'))}));
  Bench bench;
  FullStorage full;
  Downloader downloader({bench.client, bench.guard, full, bench.writers, bench.clock, bench.sleep}, {});
  DownloadRequest request;
  request.url = server.url("/");
  CHECK(run_task(downloader.download(request)).error().code == Errc::storage_full);
}

TEST_CASE("what is no image is described") {
  const std::pair<const char*, const char*> table[] = {
      {"<!DOCTYPE html><html>", "an HTML page"},
      {"\xEF\xBB\xBF\r\n <HTML lang=en>", "an HTML page"},
      {"<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code>", "an XML document"},
      {"<Error><Code>AccessDenied", "an XML document"},
      {"<svg xmlns=", "an SVG drawing"},
      {"{\"detail\":\"not found\"}", "JSON"},
      {"[1]", "JSON"},
      {"Not found", "text"},
      {"\x89PNG\r\n\x1a\n", ""},
      {"\xff\xd8\xff", ""},
      {"GIF89a\x01\x01", ""},
      {"", ""},
      {"   ", ""},
  };
  for (const auto& [bytes, word] : table) {
    INFO(bytes);
    CHECK(describe_other_than_image(bytes) == word);
  }
  LoopbackServer server(in_order({answer(200, "<html>Sign in</html>", "Content-Type: image/png\r\n")}));
  Bench bench;
  CHECK(bench.download(server.url("/"))->seems == "an HTML page");
}

}  // namespace
}  // namespace lightfast::ingest
