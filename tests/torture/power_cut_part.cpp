// Power cuts under eight writers: the file system below the server is cut off in mid-write without a flush of its log,
// the server killed, the file system mounted anew. An acknowledgement that arrives after the cut began counts for
// nothing: the server answered from a machine that was off already.
#include <cstdio>
#include <deque>
#include <random>
#include <thread>

#include "tests/support/loop_volume.h"
#include "tests/support/temporary_folder.h"
#include "tests/torture/ledger.h"
#include "tests/torture/parts.h"
#include "tests/torture/writers.h"

namespace lightfast::torture {
namespace {

// The random moment: after so many acknowledgements and a little, however fast the machine is just now.
constexpr std::uint64_t most_acknowledged = 200;
constexpr unsigned longest_delay_us = 20000;
constexpr std::chrono::seconds longest_life{5};
constexpr std::uint64_t look_at_all_every = 10;  // cycles; each cycle looks at its own and at those of the last three
constexpr std::size_t looked_at_again = 3;
constexpr std::uintmax_t volume_bytes = 512u << 20;

class PowerCutTorture {
 public:
  explicit PowerCutTorture(const Options& options)
      : options_(options),
        report_(options),
        random_(options.seed),
        volume_(options.file_system, folder_.path(), volume_bytes),
        server_(without(options.without,
                        subject_environment({{"IMAGE_STORAGE_PATH", (volume_.path() / "data/images").string()}}))) {}

  int run() {
    volume_.mount();
    server_.start();
    for (std::uint64_t cycle = 1; cycle <= options_.count; ++cycle) {
      if (!cut_once(cycle)) return report_.finish();
      report_.progress(cycle);
    }
    ledger_.verify(server_.port(), report_, "at the end");
    if (ledger_.size() == 0) report_.violation("nothing was acknowledged: nothing was proven");
    server_.kill();
    volume_.unmount();
    return report_.finish();
  }

 private:
  // False where nothing can go on.
  bool cut_once(std::uint64_t cycle) {
    Writers writers(server_.port(), next_number_, random_());
    writers.wait_for(random_() % most_acknowledged, longest_life);
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % longest_delay_us));
    writers.stop_counting();
    volume_.cut();
    server_.kill();
    recent_.push_back(writers.finish());
    report_.add("acknowledged", recent_.back().size());
    ledger_.add(recent_.back());
    volume_.unmount();
    volume_.mount();

    const std::string when = "cut " + std::to_string(cycle);
    if (!restart(when)) return false;
    if (cycle % look_at_all_every == 0) ledger_.verify(server_.port(), report_, when);
    for (const auto& images : recent_) Ledger::verify(images, server_.port(), report_, when);
    if (recent_.size() > looked_at_again) recent_.pop_front();
    return true;
  }

  bool restart(const std::string& when) {
    try {
      const auto start_ms = static_cast<std::uint64_t>(timed_start(server_).count());
      report_.keep_largest("slowest_restart_ms", start_ms);
      return true;
    } catch (const std::runtime_error& error) {  // without syncs the database itself may be gone
      report_.violation(when + ": " + error.what());
      return false;
    }
  }

  const Options options_;
  Report report_;
  std::mt19937_64 random_;
  test::TemporaryFolder folder_;
  test::LoopVolume volume_;
  test::ServerProcess server_;
  std::atomic<std::uint32_t> next_number_ = 0;
  Ledger ledger_;
  std::deque<std::vector<Acknowledged>> recent_;
};

}  // namespace

int torture_by_power_cut(const Options& options) {
  if (const auto reason = test::why_no_loop_volumes()) {
    std::printf("SKIPPED: power cuts on %s: %s\n", options.file_system.c_str(), reason->c_str());
    return exit_skipped;
  }
  return PowerCutTorture(options).run();
}

}  // namespace lightfast::torture
