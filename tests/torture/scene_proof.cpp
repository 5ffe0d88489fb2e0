// What must be true of a scene once the fault is gone.
#include <thread>

#include "tests/torture/scene.h"

namespace lightfast::torture {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience_with_sweep{10};

}  // namespace

std::vector<Acknowledged> Scene::promised() const {
  std::vector<Acknowledged> promised;
  for (const std::string& path : must_be_there_) promised.push_back({path, known_.at(path)});
  return promised;
}

void Scene::tell(Report& report, const std::string& when) const {
  for (const std::string& what : wrong_) report.violation(when + ": " + what);
}

void Scene::verify_backup(Report& report, const std::string& when) {
  backup_.verify(report, when);
  backup_.complete(promised(), report, when);
}

// Another repair finishes what the one under the faults began: everything is mended, and what nobody can use is there
// still.
void Scene::verify_repair(Report& report, const std::string& when) {
  const test::CommandResult mended = server_.run({"fsck", "--repair"});
  if (mended.exit_code != 0) report.violation(when + ": not mended by another repair:\n" + mended.out + mended.err);
  for (const std::string& path : {paths[0], paths[1]}) must_be_gone_.insert(path);
  must_be_there_.insert(paths[2]);
  known_[stray_.path] = stray_.digest;
  must_be_there_.insert(stray_.path);
  damaged_.clear();
  for (const auto& entry : fs::directory_iterator(server_.data() / "quarantine")) {
    if (test::read_file(entry.path()) == cut_) return;
  }
  report.violation(when + ": the file that was cut short is nowhere");
}

void Scene::verify(Report& report, const std::string& when) {
  SubjectClient client(server_.port());
  verify_promises(client, report, when);
  verify_listed(client, report, when);
  verify_files(client, report, when);
}

void Scene::verify_promises(SubjectClient& client, Report& report, const std::string& when) {
  for (const auto& [path, digest] : known_) {
    const Answer answer = client.get(path);
    report.add("verified");
    const bool whole = answer.status == 200 && sha256(answer.body) == digest;
    const bool gone = answer.status == 404;
    if (whole && !must_be_gone_.contains(path)) continue;
    if (gone && !must_be_there_.contains(path)) continue;
    if (answer.status == 503 && damaged_.contains(path)) continue;
    report.violation(when + ": " +
                     (answer.status == 200 && !whole          ? "WRONG BYTES served: "
                      : must_be_there_.contains(path)         ? "lost: "
                      : must_be_gone_.contains(path) && whole ? "removed, but served: "
                                                              : "neither there nor gone: ") +
                     path + " answered " + std::to_string(answer.status) + " " +
                     (whole ? "" : answer.body.substr(0, 200)));
  }
}

void Scene::verify_listed(SubjectClient& client, Report& report, const std::string& when) {
  const auto listed = client.list(user_);
  if (!listed) return report.violation(when + ": the list of images is not answered");
  std::set<std::string> known;
  for (const auto& [path, digest] : known_) known.insert(id_of(path));
  for (const std::string& id : *listed) {
    if (known.contains(id)) continue;
    const Answer answer = client.get("/v1/images/hosted/" + user_ + "/" + id);
    const bool allowed = anything_may_appear_ || may_appear_.contains(sha256(answer.body).hex());
    if (answer.status != 200) {
      report.violation(when + ": " + id + " is listed, but answered " + std::to_string(answer.status));
    } else if (!allowed) {
      report.violation(when + ": " + id + " was refused, but is stored");
    } else {
      report.add("stored_without_answer");
    }
  }
}

// At rest nothing but images with a row lies under the images' folder, and nothing at all among the temporaries. The
// sweep runs after the start, beside everything else; a removal for good that failed half-way is the next cleanup's.
void Scene::verify_files(SubjectClient& client, Report& report, const std::string& when) {
  const auto leftovers = [&]() -> std::string {
    for (const auto& entry : fs::directory_iterator(server_.data() / "temporary")) return entry.path().string();
    const fs::path folder = server_.images() / user_;
    if (!fs::exists(folder)) return "";
    auto rows = client.list(user_);
    const auto removed = client.list(user_, "limit=1000&deleted=true");
    if (!rows || !removed) return "no list of images";
    rows->insert(removed->begin(), removed->end());
    std::error_code gone;  // the sweep drops empty folders
    for (const auto& entry : fs::directory_iterator(folder, gone)) {
      if (!rows->contains(id_of(entry.path().string()))) return entry.path().string();
    }
    return "";
  };
  std::string left = leftovers();
  if (!left.empty() && must_be_there_.size() < known_.size()) {
    report.add("left_to_cleanup");
    clean_up();
    left = leftovers();
  }
  const auto deadline = std::chrono::steady_clock::now() + patience_with_sweep;
  while (!left.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    left = leftovers();
  }
  if (!left.empty()) report.violation(when + ": left over: " + left);
}

}  // namespace lightfast::torture
