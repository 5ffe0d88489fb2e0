#include "tests/torture/scene.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

namespace lightfast::torture {
namespace {

namespace fs = std::filesystem;

constexpr int sides[] = {8, 16, 48, 160};
constexpr std::chrono::seconds patience_with_sweep{10};

// What became of it nobody knows: no answer, or an error in mid-commit.
bool outcome_unknown(const Answer& answer) {
  return answer.status == 0 || answer.status == 500;
}

}  // namespace

Scene::Scene(test::ServerProcess& server, std::string user, std::atomic<std::uint32_t>& next_number,
             std::mt19937_64& random)
    : server_(server), client_(server.port()), user_(std::move(user)), next_number_(next_number), random_(random) {}

void Scene::note_if_late(const Answer& answer) {
  if (answer.timed_out) wrong_.push_back("a call is not answered");
}

void Scene::note_upload(const Answer& answer, const std::string& bytes) {
  note_if_late(answer);
  if (answer.status == 201) {
    const std::string path = path_of(answer);
    known_[path] = sha256(bytes);
    must_be_there_.insert(path);
    ++acknowledged_;
  } else if (outcome_unknown(answer)) {
    may_appear_.insert(sha256(bytes).hex());
  } else if (answer.status < 500 && answer.status != 409) {
    wrong_.push_back("a whole image was refused as if it were the client's fault: " + std::to_string(answer.status) +
                     " " + answer.body);
  }
}

std::string Scene::upload() {
  const std::string bytes = TestImage{next_number_++, sides[random_() % std::size(sides)]}.bytes();
  const Answer answer = client_.upload(user_, bytes);
  note_upload(answer, bytes);
  return answer.status == 201 ? path_of(answer) : "";
}

std::string Scene::prepared_upload() {
  const std::string path = upload();
  if (path.empty()) throw std::runtime_error("an upload was refused where nothing failed:\n" + server_.log());
  paths.push_back(path);
  prepared_ = acknowledged_;
  return path;
}

void Scene::upload_together(unsigned count) {
  std::vector<std::string> images;
  std::vector<Answer> answers(count);
  for (unsigned i = 0; i < count; ++i) images.push_back(TestImage{next_number_++, 16}.bytes());
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < count; ++i) {
      threads.emplace_back(
          [&, i, port = server_.port()] { answers[i] = SubjectClient(port).upload(user_, images[i]); });
    }
  }
  for (unsigned i = 0; i < count; ++i) note_upload(answers[i], images[i]);
}

void Scene::generate() {
  const Answer answer = client_.send({.method = "POST",
                                      .target = "/v1/images/generate",
                                      .headers = {{"Content-Type", "application/json"}},
                                      .body = boost::json::serialize(boost::json::object{
                                          {"user_id", user_},
                                          {"provider", "sample"},
                                          {"prompt", "a lighthouse at dusk " + std::to_string(next_number_++)}})});
  note_if_late(answer);
  if (answer.status == 201) {
    const boost::json::value image = boost::json::parse(answer.body);
    const std::string path = path_of(answer);
    const auto digest = Sha256Digest::from_hex(std::string_view(image.at("sha256").as_string()));
    known_[path] = digest.value();
    must_be_there_.insert(path);
    ++acknowledged_;
  } else {
    anything_may_appear_ = true;  // its job goes on after a restart
  }
}

void Scene::remove(const std::string& path) {
  const Answer answer = client_.remove(user_, id_of(path));
  note_if_late(answer);
  must_be_there_.erase(path);
  if (answer.status == 204) {
    must_be_gone_.insert(path);
  } else if (answer.status != 0 && answer.status < 500) {
    wrong_.push_back("a removal was answered " + std::to_string(answer.status) + " " + answer.body);
  }
}

void Scene::restore(const std::string& path) {
  const Answer answer = client_.restore(user_, id_of(path));
  note_if_late(answer);
  must_be_gone_.erase(path);
  if (answer.status == 200) {
    must_be_there_.insert(path);
  } else if (answer.status != 0 && answer.status < 500) {
    wrong_.push_back("a restore was answered " + std::to_string(answer.status) + " " + answer.body);
  }
}

void Scene::fetch(const std::string& path) {
  const Answer answer = client_.get(path);
  note_if_late(answer);
  if (answer.status == 200 && sha256(answer.body) != known_.at(path)) wrong_.push_back("WRONG BYTES served: " + path);
  if (answer.status == 404) wrong_.push_back("an image that is there was answered 404: " + path);
}

void Scene::clean_up() {
  server_.run({"cleanup", "--user", user_});
}

void Scene::let_go(const std::string& path) {
  must_be_there_.erase(path);
}

void Scene::restart() {
  try {
    server_.stop();
    server_.start();
  } catch (const std::runtime_error&) {
    // That it doesn't start on a broken disk is right.
  }
}

void Scene::make_unverified(const std::string& path) {
  const fs::path file = server_.images() / file_of(path);
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
}

std::vector<Acknowledged> Scene::promised() const {
  std::vector<Acknowledged> promised;
  for (const std::string& path : must_be_there_) promised.push_back({path, known_.at(path)});
  return promised;
}

void Scene::tell(Report& report, const std::string& when) const {
  for (const std::string& what : wrong_) report.violation(when + ": " + what);
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
    const auto removed = client.list(user_, "deleted=true");
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
