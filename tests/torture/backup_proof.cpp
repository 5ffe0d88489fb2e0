#include "tests/torture/backup_proof.h"

#include <cstdlib>
#include <stdexcept>

#include "tests/support/temporary_folder.h"

namespace lightfast::torture {
namespace {

namespace fs = std::filesystem;

// A server that ran in it has changed the database: no backup any more. Files of images never change.
void copy_backup(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  fs::copy_file(from / "lightfast.db", to / "lightfast.db");
  fs::copy(from / "images", to / "images", fs::copy_options::recursive | fs::copy_options::create_hard_links);
}

}  // namespace

bool BackupProof::make(const std::vector<Acknowledged>& images) {
  is_stream_ = false;
  return conclude(server_.run({"backup", folder_.string()}), images);
}

bool BackupProof::stream(const std::vector<Acknowledged>& images) {
  is_stream_ = true;
  const test::CommandResult result = server_.run({"backup", "-"});
  if (result.exit_code == 0) unpack(result.out);
  return conclude(result, images);
}

bool BackupProof::conclude(const test::CommandResult& result, const std::vector<Acknowledged>& images) {
  const bool succeeded = result.exit_code == 0;
  said_ = succeeded ? "" : "exit code " + std::to_string(result.exit_code) + ", " + result.err;
  succeeded ? note_success(images) : note_failure(images);
  return succeeded;
}

void BackupProof::note_success(const std::vector<Acknowledged>& images) {
  held_.clear();
  may_be_in_.clear();
  for (const Acknowledged& image : images) held_.emplace(image.path, image.digest);
}

void BackupProof::note_failure(const std::vector<Acknowledged>& images) {
  Images kept;
  for (const Acknowledged& image : images) {
    if (const auto held = held_.extract(image.path)) kept.emplace(image.path, image.digest);
  }
  may_be_in_.merge(held_);
  held_ = std::move(kept);
}

void BackupProof::unpack(const std::string& tar) const {
  const fs::path file = folder_.string() + ".tar";
  test::write_file(file, tar);
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  const std::string command = "tar -x -C '" + folder_.string() + "' -f '" + file.string() + "'";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("the stream of a backup cannot be unpacked");
  fs::remove(file);
}

void BackupProof::verify(Report& report, const std::string& when) const {
  if (held_.empty() && may_be_in_.empty()) return;
  const test::TemporaryFolder place;
  copy_backup(folder_, place.path());
  test::ServerProcess server(subject_environment({{"IMAGE_STORAGE_PATH", (place.path() / "images").string()}}));
  server.start();
  report.add("backups_verified");
  SubjectClient client(server.port());
  for (const auto& [path, digest] : held_) verify_image(client, {path, digest}, report, when + ", in the backup");
  for (const auto& [path, digest] : may_be_in_) {
    if (client.get(path).status == 404) continue;
    verify_image(client, {path, digest}, report, when + ", in the backup before");
  }
}

void BackupProof::complete(const std::vector<Acknowledged>& images, Report& report, const std::string& when) {
  const bool made = is_stream_ ? stream(images) : make(images);
  if (!made) return report.violation(when + ": the backup cannot be completed: " + said_);
  verify(report, when + ", completed");
}

}  // namespace lightfast::torture
