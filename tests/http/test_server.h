// A real server on the loopback for the tests of this room: a handful of routes, a clock whose hands are turned, and
// limits that a test may set. Listens on a port of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/log.h"
#include "base/workers.h"
#include "server/http/server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

// Closed until opened; whoever passes it waits. Any thread.
class Gate {
 public:
  void open();
  void pass();
  void wait_for_visitors(int count);  // until so many have come to it

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int visitors_ = 0;
};

// Counts how often steady time is read: every sweep of a server does so once.
class CountingClock final : public Clock {
 public:
  Timestamp now() const override { return hands_.now(); }
  SteadyTime steady_now() const override {
    ++steady_reads_;
    return hands_.steady_now();
  }
  void advance(std::chrono::milliseconds by) { hands_.advance(by); }
  std::uint64_t steady_reads() const { return steady_reads_; }

 private:
  ManualClock hands_;
  mutable std::atomic<std::uint64_t> steady_reads_ = 0;
};

struct ExchangeRecord {
  std::string method;
  std::string path;
  std::string client_address;
  int status = 0;
  std::uint64_t body_bytes_sent = 0;
  bool complete = false;
};

// Routes: GET /hello, GET /items/{id}, GET /file (10 MB of known bytes), GET /short-file (promises more than there is),
// GET /nothing (204), GET /throw, GET /object (echoes request ids only), POST /echo (limit 1 MB), POST /length (reads
// and counts, limit 64 MB), POST /ignore (never reads; limit 64 MB), GET /wait (behind `gate`, on another thread),
// GET /stream/whole and /stream/broken (a piece, and another behind `gate`).
class TestServer {
 public:
  explicit TestServer(http::ServerOptions options = {}, http::MakeLane make_lane = {});
  ~TestServer();

  int port() const { return server_->port(); }
  http::Server& server() { return *server_; }
  Gate& gate() { return gate_; }
  const std::string& file_bytes() const { return file_bytes_; }
  std::vector<ExchangeRecord> exchanges();

  // Turns the clock, second by second and each time until the server has swept, until `is_over` or so many seconds
  // have gone; true if it was over.
  bool advance_until(const std::function<bool()>& is_over, int seconds);

 private:
  std::vector<http::Route> routes();
  void wait_for_sweeps(unsigned count);

  CountingClock clock_;
  IdGenerator ids_{clock_};
  Logger log_{LogLevel::error, LogFormat::text};
  Gate gate_;
  TemporaryFolder folder_;
  const std::string& file_bytes_;
  std::shared_ptr<const UniqueFd> file_;
  Workers workers_{"test", 4, 64};
  http::Router router_;
  std::mutex exchanges_mutex_;
  std::vector<ExchangeRecord> exchanges_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace lightfast::test
