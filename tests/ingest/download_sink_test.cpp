#include "server/ingest/download_sink.h"

#include <catch2/catch.hpp>
#include <future>

#include "tests/support/catch_result.h"
#include "tests/support/memory_storage.h"

namespace lightfast::ingest {
namespace {

std::span<const std::byte> as_piece(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::shared_ptr<DownloadSink> open_sink(storage::Storage& storage, Workers& workers, std::uint64_t limit = 1 << 24) {
  return std::make_shared<DownloadSink>(SpoolWriter::create(storage, limit).value(), workers);
}

// A pool with one thread, which does nothing until it is let go.
class HeldWorkers {
 public:
  explicit HeldWorkers(std::size_t queue_limit) : workers("held", 1, queue_limit) {
    const auto begun = std::make_shared<std::promise<void>>();
    workers.try_post([begun, gate = gate_.get_future().share()] {
      begun->set_value();
      gate.wait();
    });
    begun->get_future().wait();
  }
  ~HeldWorkers() { let_go(); }
  void let_go() {
    if (!std::exchange(is_free_, true)) gate_.set_value();
  }
  // Waits until everything posted before has run.
  void settle() {
    const auto reached = std::make_shared<std::promise<void>>();
    workers.try_post([reached] { reached->set_value(); });
    reached->get_future().wait();
  }

 private:
  std::promise<void> gate_;
  bool is_free_ = false;

 public:
  Workers workers;
};

TEST_CASE("pieces are written and hashed in order") {
  test::MemoryStorage storage;
  Workers workers("write", 4, 1000);
  const auto sink = open_sink(storage, workers);
  std::string whole;
  for (int i = 0; i < 5'000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    whole += piece;
    while (*sink->take(as_piece(piece)) == HttpFlow::pause) {
    }
  }
  const auto bytes = sink->finish();
  REQUIRE(bytes);
  CHECK(bytes->size_bytes == whole.size());
  CHECK(bytes->spooled.sha256 == sha256(whole));
  CHECK(whole.starts_with(bytes->first_bytes));
  CHECK(bytes->first_bytes.size() <= 512);
}

TEST_CASE("a disk slower than the network pauses it, and room lets it go on") {
  test::MemoryStorage storage;
  HeldWorkers held(10);
  const auto sink = open_sink(storage, held.workers);
  const std::string piece(16'384, 'x');
  std::size_t taken = 0;
  while (*sink->take(as_piece(piece)) == HttpFlow::go_on) {
    taken += piece.size();
    REQUIRE(taken <= 1 << 20);
  }
  CHECK(taken == 256 << 10);
  CHECK(*sink->take(as_piece(piece)) == HttpFlow::pause);  // a paused piece was not taken
  held.let_go();
  held.settle();
  CHECK(*sink->take(as_piece(piece)) == HttpFlow::go_on);
  CHECK(sink->finish()->size_bytes == taken + piece.size());
}

TEST_CASE("where the pool takes nothing more, a full sink ends the download instead of pausing for ever") {
  test::MemoryStorage storage;
  HeldWorkers held(1);
  held.workers.try_post([] {});
  const auto sink = open_sink(storage, held.workers);
  const std::string piece(65'536, 'x');
  Result<HttpFlow> flow = HttpFlow::go_on;
  for (int i = 0; flow && i < 100; ++i) flow = sink->take(as_piece(piece));
  REQUIRE_FALSE(flow);
  CHECK(flow.error().code == Errc::overloaded);
}

TEST_CASE("an error of writing is told at the next piece, and at the end") {
  test::MemoryStorage storage;
  HeldWorkers held(10);
  const auto sink = open_sink(storage, held.workers, 5);
  CHECK(*sink->take(as_piece("123456")) == HttpFlow::go_on);
  held.let_go();
  held.settle();
  CHECK(sink->take(as_piece("7")).error().code == Errc::too_large);
  CHECK(sink->finish().error().code == Errc::too_large);
}

}  // namespace
}  // namespace lightfast::ingest
