// One of the servers whose clocks jump, side by side: most of the time they are waited for. It lives several lives on
// the same data, between which time passes, so that cleanups are due; in each its clock jumps while it is worked with.
// What no time that really passed lets go must stay. One thread, which all that it starts dies with.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "tests/support/faked_clock.h"
#include "tests/torture/report.h"
#include "tests/torture/subject.h"

namespace lightfast::torture {

class ClockLane {
 public:
  ClockLane(const Options& options, Report& report, std::uint64_t number);

  // One life, with that many jumps.
  void live(std::uint64_t jumps);

 private:
  using Time = std::chrono::sys_seconds;
  struct Kept {
    Sha256Digest digest;
    Time hosted;  // by the time that really passed; so is the other
    Time removed = {};
  };
  using Images = std::map<std::string, Kept>;  // by path
  struct SignedUrl {
    std::string image;  // its path
    std::string target;
    Time expires_at;
  };

  // Some data, and the lives that a server had on it.
  struct History {
    History();
    test::FakedClock clock;
    test::ServerProcess server;
    SubjectClient client;
    std::chrono::seconds passed{0};  // while no server ran, and the clock stood right
    unsigned lives = 0;
    bool was_ahead = false;  // the clock, of the time
    std::size_t daily_runs = 0;
    Images images;
    Images trash;
    std::set<std::string> ids;
    std::optional<SignedUrl> signed_url;
  };

  void begin_life();
  void let_time_pass(std::chrono::seconds time);
  void await_daily_run();
  void end_life();
  void jump();
  void verify();

  void work();
  void act();

  void upload(const std::string& user);
  void generate();
  void fetch();
  void remove();
  void restore();
  void sign();
  void fetch_signed();
  void clean_up();
  void add(const Answer& answer, const Sha256Digest& digest);

  Time true_now() const;
  bool may_go_ahead() const { return (number_ + histories_) % 2 == 0; }
  bool expect(const Answer& answer, int status, const std::string& what);
  void violation(const std::string& what);
  Images::iterator any_of(Images& images);

  const Options& options_;
  Report& report_;
  std::mt19937_64 random_;
  const std::uint64_t number_;
  std::uint32_t next_image_ = 0;
  std::uint64_t histories_ = 0;
  std::optional<History> history_;
  std::string when_;  // what the clock did last
};

}  // namespace lightfast::torture
