#include "tests/torture/clock_lane.h"

#include "tests/support/eventually.h"

namespace lightfast::torture {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::seconds;

constexpr days max_age{90};
constexpr days trash_age{7};
// What a clock that stands a day behind takes off an image's age when it is hosted, and a little.
constexpr seconds least_early = days(1) + 1h;
constexpr seconds makes_cleanup_due = days(2) + 1h;  // after the last one, without a server
constexpr unsigned most_lives = 6;

struct Jump {
  const char* name;
  seconds (*error)(std::chrono::sys_seconds true_now);  // of the clock, from then on
};
constexpr Jump jumps[] = {
    {"a day back", [](auto) -> seconds { return -days(1); }},
    {"to 1970", [](auto true_now) -> seconds { return days(1) - true_now.time_since_epoch(); }},
    {"right again", [](auto) { return seconds(0); }},
    {"a day ahead", [](auto) -> seconds { return days(1); }},
    {"400 days ahead", [](auto) -> seconds { return days(400); }},
};
constexpr std::size_t jumps_not_ahead = 3;

std::size_t count(const std::string& text, const std::string& words) {
  std::size_t found = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++found;
  return found;
}

}  // namespace

ClockLane::History::History()
    : server(clock.seen_from(subject_environment({{"IMAGE_MAX_AGE_DAYS", std::to_string(max_age.count())},
                                                  {"IMAGE_TRASH_DAYS", std::to_string(trash_age.count())},
                                                  {"LOG_LEVEL", "info"}}))),
      client(server.port()) {}

ClockLane::ClockLane(const Options& options, Report& report, std::uint64_t number)
    : options_(options), report_(report), random_(options.seed * 1000 + number), number_(number) {}

void ClockLane::live(std::uint64_t jumps_of_life) {
  begin_life();
  work();
  for (std::uint64_t i = 0; i < jumps_of_life; ++i) {
    jump();
    work();
    verify();
  }
  end_life();
}

void ClockLane::begin_life() {
  constexpr seconds pauses[] = {seconds(0), 1h, makes_cleanup_due, makes_cleanup_due, days(20), days(45)};
  if (!history_ || history_->lives == most_lives) {
    history_.emplace();
    ++histories_;
    if (options_.without == "distrust") history_->server.replace_program(TORTURE_BELIEVING_PROGRAM);
  }
  // The second life always brings a cleanup where the clock was never ahead.
  const bool is_second = history_->lives == 1;
  const seconds pause = is_second ? makes_cleanup_due : pauses[random_() % std::size(pauses)];
  if (history_->lives++ > 0) let_time_pass(pause);
  when_ = "started with the right clock";
  history_->server.start();
  if (history_->lives > 1 && pause >= makes_cleanup_due && !may_go_ahead()) await_daily_run();
  verify();
}

void ClockLane::let_time_pass(seconds time) {
  history_->passed += time;
  history_->clock.turn(history_->passed);
  const auto let_go = [&](Images& images, Time Kept::*since, days age) {
    return std::erase_if(images,
                         [&](const auto& image) { return image.second.*since + age - least_early <= true_now(); });
  };
  report_.add("expired", let_go(history_->images, &Kept::hosted, max_age));
  report_.add("expired", let_go(history_->trash, &Kept::removed, trash_age));
}

// The records of a clock that was never ahead give no reason to wait.
void ClockLane::await_daily_run() {
  const auto runs = [&] { return count(history_->server.log(), R"("trigger":"daily")"); };
  if (!test::eventually([&] { return runs() > history_->daily_runs; })) violation("no daily cleanup");
  report_.add("daily_runs", runs() - history_->daily_runs);
  history_->daily_runs = runs();
}

void ClockLane::end_life() {
  if (random_() % 2 == 0) return history_->server.kill();
  if (const int code = history_->server.stop(); code != 0) violation("ended with exit code " + std::to_string(code));
}

// The first one ahead is the one that would take everything.
void ClockLane::jump() {
  const std::size_t known = may_go_ahead() ? std::size(jumps) : jumps_not_ahead;
  const bool is_first_ahead = may_go_ahead() && !std::exchange(history_->was_ahead, true);
  const Jump& chosen = is_first_ahead ? jumps[std::size(jumps) - 1] : jumps[random_() % known];
  history_->clock.turn(history_->passed + chosen.error(true_now()));
  when_ = std::string("with the clock ") + chosen.name;
}

void ClockLane::verify() {
  for (const auto& [path, kept] : history_->images) {
    const Answer answer = history_->client.get(path);
    report_.add("verified");
    if (answer.status == 200 && sha256(answer.body) == kept.digest) continue;
    violation((answer.status == 200 ? "WRONG BYTES served for " : "lost ") + path + ": answered " +
              std::to_string(answer.status) + " " + (answer.status == 200 ? "" : answer.body.substr(0, 200)));
  }
}

ClockLane::Time ClockLane::true_now() const {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now()) + history_->passed;
}

void ClockLane::violation(const std::string& what) {
  report_.violation("server " + std::to_string(number_) + ", life " + std::to_string(history_->lives) + ", " + when_ +
                    ": " + what);
}

}  // namespace lightfast::torture
