// kill -9 in the midst of backups under eight writers: of the server that makes it, of the command that asked for it,
// or of both. The backup before it must be whole, and the next one, beside a server or without one, must complete it.
#include <csignal>
#include <optional>
#include <random>
#include <thread>

#include "tests/support/eventually.h"
#include "tests/torture/backup_proof.h"
#include "tests/torture/parts.h"
#include "tests/torture/writers.h"

namespace lightfast::torture {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t most_acknowledged = 60;
constexpr std::chrono::seconds longest_life{5};
constexpr std::uint64_t cycles_on_one_store = 6;  // each looks at all that is in it
constexpr std::chrono::seconds patience{30};

enum class Victim { server, command, both };

class BackupKillTorture {
 public:
  explicit BackupKillTorture(const Options& options) : options_(options), report_(options), random_(options.seed) {}

  int run() {
    for (std::uint64_t cycle = 0; cycle < options_.count; ++cycle) {
      if (cycle % cycles_on_one_store == 0) store_.emplace(options_);
      play("cycle " + std::to_string(cycle + 1));
      report_.progress(cycle + 1);
    }
    if (interrupted_ == 0) report_.violation("no backup was interrupted: nothing was proven");
    return report_.finish();
  }

 private:
  void play(const std::string& when) {
    store_->server.start();
    interrupt_a_backup(when);
    store_->proof.verify(report_, when + ", interrupted");
    const bool beside_server = random_() % 4 != 0;
    if (beside_server) store_->server.start();
    const auto begin = SteadyClock::now();
    const bool made = store_->proof.make(store_->ledger.images());
    length_ = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
    if (beside_server) store_->server.kill();  // whatever is still to be done then is never done
    if (!made) return report_.violation(when + ": the backup cannot be completed: " + store_->proof.said());
    store_->proof.verify(report_, when + ", completed");
  }

  void interrupt_a_backup(const std::string& when) {
    Writers writers(store_->server.port(), next_number_, random_());
    writers.wait_for(1 + random_() % most_acknowledged, longest_life);
    std::vector<Acknowledged> before = store_->ledger.images();
    std::ranges::copy(writers.acknowledged(), std::back_inserter(before));
    const auto command = store_->server.begin({"backup", store_->proof.folder().string()});
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % (length_ / std::chrono::microseconds(1))));
    const auto victim = static_cast<Victim>(random_() % 3);
    const bool had_ended = command->wait(milliseconds(0)).has_value();
    if (victim != Victim::server) command->signal(SIGKILL);
    if (victim == Victim::command) make_beside(when, before);
    store_->server.kill();
    const auto code = command->wait(patience);
    if (!code) report_.violation(when + ": the command does not end when its server is gone");
    if (code == 0) {
      store_->proof.note_success(before);
    } else {
      store_->proof.note_failure(before);
      report_.add("interrupted");
      ++interrupted_;
    }
    if (had_ended && code != 0) report_.violation(when + ": a backup failed with exit code " + std::to_string(*code));
    const std::vector<Acknowledged> acknowledged = writers.finish();
    report_.add("acknowledged", acknowledged.size());
    store_->ledger.add(acknowledged);
  }

  // The server finishes what it was asked for, whoever is left to hear of it; then there can be another.
  void make_beside(const std::string& when, const std::vector<Acknowledged>& images) {
    const auto made = [&] {
      return store_->proof.make(images) || store_->proof.said().find("under way") == std::string::npos;
    };
    if (!test::eventually(made, patience) || !store_->proof.said().empty()) {
      report_.violation(when + ": no backup after one whose command was killed: " + store_->proof.said());
    }
  }

  struct Store {
    explicit Store(const Options& options) : server(without(options.without, subject_environment())) {}
    test::ServerProcess server;
    BackupProof proof{server, server.working_folder() / "copy"};
    Ledger ledger;
  };

  const Options options_;
  Report report_;
  std::mt19937_64 random_;
  std::optional<Store> store_;
  std::atomic<std::uint32_t> next_number_ = 0;
  milliseconds length_{300};  // of the last backup that was completed
  std::uint64_t interrupted_ = 0;
};

}  // namespace

int torture_by_backup_kill(const Options& options) {
  return BackupKillTorture(options).run();
}

}  // namespace lightfast::torture
