// kill -9 under eight writers. Proves that what was answered 201 survives the death of the process; the page cache
// survives it too, so durability is the power cut's to prove.
#include <random>
#include <thread>

#include "tests/torture/ledger.h"
#include "tests/torture/parts.h"
#include "tests/torture/writers.h"

namespace lightfast::torture {
namespace {

// The random moment: after so many acknowledgements and a little, however fast the machine is just now.
constexpr std::uint64_t most_acknowledged = 150;
constexpr unsigned longest_delay_us = 5000;
constexpr std::chrono::seconds longest_life{5};

}  // namespace

int torture_by_kill(const Options& options) {
  Report report(options);
  std::mt19937_64 random(options.seed);
  test::ServerProcess server(without(options.without, subject_environment()));
  std::atomic<std::uint32_t> next_number = 0;
  Ledger ledger;
  server.start();
  for (std::uint64_t cycle = 1; cycle <= options.count; ++cycle) {
    Writers writers(server.port(), next_number, random());
    writers.wait_for(random() % most_acknowledged, longest_life);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % longest_delay_us));
    server.kill();
    const std::vector<Acknowledged> acknowledged = writers.finish();
    report.add("acknowledged", acknowledged.size());
    report.add("refused", writers.refused());
    ledger.add(acknowledged);

    const auto start_ms = static_cast<std::uint64_t>(timed_start(server).count());
    report.keep_largest("slowest_restart_ms", start_ms);
    Ledger::verify(acknowledged, server.port(), report, "cycle " + std::to_string(cycle));
    report.progress(cycle);
  }
  ledger.verify(server.port(), report, "at the end");
  if (ledger.size() == 0) report.violation("nothing was acknowledged: nothing was proven");
  return report.finish();
}

}  // namespace lightfast::torture
