// One case of the faults as it plays: what a scenario does to the server, and what must be true of it afterwards. What
// was answered with success must be so; what was refused must not be; where no answer came, or 500, either may be, but
// never half of it. One thread at a time.
#pragma once

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <string>

#include "tests/torture/backup_proof.h"
#include "tests/torture/ledger.h"
#include "tests/torture/subject.h"

namespace lightfast::torture {

class Scene {
 public:
  // `user` is the case's own. Image numbers are taken from `next_number`.
  Scene(test::ServerProcess& server, std::string user, std::atomic<std::uint32_t>& next_number,
        std::mt19937_64& random);

  // The calls. Each takes note of what its answer promises.
  std::string upload();  // the path; empty where it was not acknowledged
  void upload_together(unsigned count);
  void generate();
  void remove(const std::string& path);  // to the trash, or for good where there is none
  void restore(const std::string& path);
  void fetch(const std::string& path);  // must be whole where it is answered 200
  void clean_up();                      // of the case's user
  void restart();                       // SIGTERM and a start, either of which may fail
  bool back_up();                       // true: the command said so
  void back_up_as_stream();
  void repair();

  // For what a scenario prepares before anything fails.
  std::string prepared_upload();
  void make_unverified(const std::string& path);  // the next open must read it whole
  void let_go(const std::string& path);           // a cleanup may take it
  void damage_all();                              // of three prepared images, and more that a repair has to mend
  void stop();
  std::vector<std::string> paths;

  test::ServerProcess& server() { return server_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  bool acknowledged_after_preparation() const { return acknowledged_ > prepared_; }

  // Look at the server, which is restarted and well. The first two after scenarios of backups and repairs.
  void verify_backup(Report& report, const std::string& when);
  void verify_repair(Report& report, const std::string& when);
  void verify(Report& report, const std::string& when);
  void verify_promises(SubjectClient& client, Report& report, const std::string& when);
  std::vector<Acknowledged> promised() const;
  // Found while the faults were there.
  void tell(Report& report, const std::string& when) const;

 private:
  void note_if_late(const Answer& answer);
  void note_upload(const Answer& answer, const std::string& bytes);
  void verify_listed(SubjectClient& client, Report& report, const std::string& when);
  void verify_files(SubjectClient& client, Report& report, const std::string& when);

  test::ServerProcess& server_;
  SubjectClient client_;
  const std::string user_;
  std::atomic<std::uint32_t>& next_number_;
  std::mt19937_64& random_;
  BackupProof backup_;

  std::uint64_t acknowledged_ = 0;
  std::uint64_t prepared_ = 0;
  std::map<std::string, Sha256Digest> known_;  // all that ever were acknowledged, by path
  std::set<std::string> must_be_there_;
  std::set<std::string> must_be_gone_;  // in neither set: either is right
  std::set<std::string> damaged_;       // may be 503 too
  Acknowledged stray_;                  // lies there without a row
  std::string cut_;                     // what is left of the file that was cut short
  std::set<std::string> may_appear_;    // hashes of uploads of which nobody knows what became
  bool anything_may_appear_ = false;    // a generation of which nobody knows
  std::vector<std::string> wrong_;      // seen while the faults were there
};

}  // namespace lightfast::torture
