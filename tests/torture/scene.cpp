#include "tests/torture/scene.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

namespace lightfast::torture {
namespace {

namespace fs = std::filesystem;

constexpr int sides[] = {8, 16, 48, 160};

// What became of it nobody knows: no answer, or an error in mid-commit.
bool outcome_unknown(const Answer& answer) {
  return answer.status == 0 || answer.status == 500;
}

}  // namespace

Scene::Scene(test::ServerProcess& server, std::string user, std::atomic<std::uint32_t>& next_number,
             std::mt19937_64& random)
    : server_(server),
      client_(server.port()),
      user_(std::move(user)),
      next_number_(next_number),
      random_(random),
      backup_(server, server.working_folder() / "copy") {}

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

bool Scene::back_up() {
  return backup_.make(promised());
}

void Scene::back_up_as_stream() {
  backup_.stream(promised());
}

void Scene::repair() {
  server_.run({"fsck", "--repair"});
}

// paths[0] is cut short, paths[1] goes, paths[2] lies in lost+found, from where it can be taken back; beside them lie a
// whole image that nobody knows and what an interrupted write left.
void Scene::damage_all() {
  const auto file = [&](std::size_t i) { return server_.images() / file_of(paths.at(i)); };
  fs::resize_file(file(0), fs::file_size(file(0)) / 2);
  cut_ = test::read_file(file(0));
  fs::remove(file(1));
  const fs::path aside = server_.data() / "lost+found";
  fs::create_directories(aside);
  fs::rename(file(2), aside / (user_ + "," + file(2).filename().string()));
  for (const std::string& path : paths) {
    must_be_there_.erase(path);
    damaged_.insert(path);
  }
  const std::string bytes = TestImage{next_number_++, 8}.bytes();
  stray_ = {"/v1/images/hosted/" + user_ + "/img_01jd0000000000000000000000.png", sha256(bytes)};
  test::write_file(server_.images() / file_of(stray_.path), bytes);
  test::write_file(server_.data() / "temporary" / "left.spool", "left over");
}

void Scene::stop() {
  server_.stop();
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

}  // namespace lightfast::torture
