#include "tests/http/test_server.h"

#include <fcntl.h>
#include <poll.h>

#include <fstream>
#include <stdexcept>

#include "server/http/error_response.h"

namespace lightfast::test {
namespace {

using http::Method;
using http::Request;
using http::Response;

Response text_response(std::string text) {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body.emplace_back(std::move(text));
  return response;
}

Task<Response> echo(Request& request) {
  auto body = co_await http::read_all(*request.body, 1024 * 1024);
  if (!body) co_return http::error_response(body.error());
  co_return text_response(std::move(*body));
}

Task<Response> count_body(Request& request) {
  std::uint64_t total = 0;
  while (true) {
    const auto piece = co_await request.body->read();
    if (!piece) co_return http::error_response(piece.error());
    if (piece->empty()) break;
    total += piece->size();
  }
  co_return text_response(std::to_string(total));
}

// No two places look alike, so that a piece lost or sent twice shows. Made once: it takes a while.
const std::string& ten_megabytes() {
  static const std::string bytes = [] {
    std::string made(10 * 1024 * 1024, '\0');
    std::uint32_t state = 1;
    for (auto& byte : made) {
      state = state * 1664525 + 1013904223;
      byte = static_cast<char>(state >> 24);
    }
    return made;
  }();
  return bytes;
}

std::shared_ptr<const UniqueFd> store(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return std::make_shared<const UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// "first", then, behind the gate, "second" and the end or an error.
class TwoPieces final : public http::BodyStream {
 public:
  TwoPieces(Gate& gate, Workers& workers, bool breaks) : gate_(gate), workers_(workers), breaks_(breaks) {}

  Task<Result<std::string>> next() override {
    if (++asked_ == 1) co_return std::string("first");
    if (asked_ == 3 && breaks_) co_return Error{Errc::internal, "broken on purpose"};
    if (asked_ > 2) co_return std::string();
    const auto passed = co_await workers_.run([this]() -> Result<int> {
      gate_.pass();
      return 1;
    });
    co_return passed ? std::string("second") : std::string();
  }

 private:
  Gate& gate_;
  Workers& workers_;
  const bool breaks_;
  int asked_ = 0;
};

}  // namespace

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::pass() {
  std::unique_lock lock(mutex_);
  ++visitors_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return open_; });
}

void Gate::wait_for_visitors(int count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return visitors_ >= count; })) {
    throw std::runtime_error("nobody came to the gate");
  }
}

TestServer::TestServer(http::ServerOptions options, http::MakeLane make_lane)
    : file_bytes_(ten_megabytes()), file_(store(folder_.path() / "file", file_bytes_)), router_(routes()) {
  options.host = "127.0.0.1";
  options.port = 0;
  options.sweep_interval = std::chrono::milliseconds(2);  // the limits themselves count on the manual clock
  const auto observe = [this](const http::Exchange& exchange) {
    const std::lock_guard lock(exchanges_mutex_);
    exchanges_.push_back({exchange.request.method_text, exchange.request.path, exchange.request.client_address.str(),
                          exchange.status, exchange.body_bytes_sent, exchange.complete});
  };
  server_ = std::make_unique<http::Server>(options, router_, ids_, clock_, log_, observe, std::move(make_lane));
  server_->listen().value();
  server_->start();
}

TestServer::~TestServer() {
  gate_.open();
  server_->stop(std::chrono::seconds(0));
}

std::vector<ExchangeRecord> TestServer::exchanges() {
  const std::lock_guard lock(exchanges_mutex_);
  return exchanges_;
}

bool TestServer::advance_until(const std::function<bool()>& is_over, int seconds) {
  for (int i = 0; i < seconds; ++i) {
    if (is_over()) return true;
    clock_.advance(std::chrono::seconds(1));
    wait_for_sweeps(3);  // one may be under way; between two, what has come from the clients is read
  }
  return is_over();
}

void TestServer::wait_for_sweeps(unsigned count) {
  const auto goal = clock_.steady_reads() + count;
  for (int i = 0; i < 20'000 && clock_.steady_reads() < goal; ++i) ::poll(nullptr, 0, 1);
  if (clock_.steady_reads() < goal) throw std::runtime_error("the server does not sweep");
}

std::vector<http::Route> TestServer::routes() {
  constexpr std::uint64_t megabyte = 1024 * 1024;
  const auto hello = [](Request&) -> Task<Response> { co_return text_response("hello"); };
  const auto item = [](Request& request) -> Task<Response> { co_return text_response(request.param("id")); };
  const auto file = [this](Request&) -> Task<Response> {
    Response response;
    response.body.emplace_back(http::FileSlice{file_, 0, file_bytes_.size()});
    co_return response;
  };
  const auto short_file = [this](Request&) -> Task<Response> {
    Response response;
    response.body.emplace_back(http::FileSlice{file_, file_bytes_.size() - 1000, 2000});
    co_return response;
  };
  const auto nothing = [](Request&) -> Task<Response> {
    Response response;
    response.status = 204;
    co_return response;
  };
  const auto failing = [](Request&) -> Task<Response> {
    throw std::runtime_error("broken on purpose");
    co_return Response{};
  };
  const auto object = [](Request&) -> Task<Response> {
    auto response = text_response("object");
    response.echoes_request_id_only = true;
    co_return response;
  };
  const auto wait = [this](Request&) -> Task<Response> {
    const auto passed = co_await workers_.run([this]() -> Result<int> {
      gate_.pass();
      return 1;
    });
    co_return text_response(passed ? "waited" : "refused");
  };
  const auto stream = [this](Request& request) -> Task<Response> {
    Response response;
    response.stream = std::make_shared<TwoPieces>(gate_, workers_, request.param("end") == "broken");
    response.request_id = "theirs";
    co_return response;
  };
  return {
      {Method::get, "/hello", hello, 0, true},
      {Method::get, "/stream/{end}", stream},
      {Method::get, "/items/{id}", item},
      {Method::get, "/file", file},
      {Method::get, "/short-file", short_file},
      {Method::get, "/nothing", nothing},
      {Method::get, "/throw", failing},
      {Method::get, "/object", object},
      {Method::get, "/wait", wait},
      {Method::post, "/echo", echo, megabyte},
      {Method::post, "/length", count_body, 64 * megabyte},
      {Method::post, "/ignore", hello, 64 * megabyte},
  };
}

}  // namespace lightfast::test
