#include "tests/torture/ledger.h"

namespace lightfast::torture {

void verify_image(SubjectClient& client, const Acknowledged& image, Report& report, const std::string& when) {
  const Answer answer = client.get(image.path);
  report.add("verified");
  if (answer.status != 200) {
    report.violation(when + ": lost " + image.path + ": answered " + std::to_string(answer.status) + " " +
                     answer.body.substr(0, 200));
  } else if (sha256(answer.body) != image.digest) {
    report.violation(when + ": WRONG BYTES served for " + image.path);
  }
}

void Ledger::add(const std::vector<Acknowledged>& images) {
  for (const Acknowledged& image : images) digests_.emplace(image.path, image.digest);
}

void Ledger::add(const std::string& path, const std::string& bytes) {
  digests_.emplace(path, sha256(bytes));
}

std::vector<Acknowledged> Ledger::images() const {
  std::vector<Acknowledged> images;
  for (const auto& [path, digest] : digests_) images.push_back({path, digest});
  return images;
}

void Ledger::verify(int port, Report& report, const std::string& when) const {
  SubjectClient client(port);
  for (const auto& [path, digest] : digests_) verify_image(client, {path, digest}, report, when);
}

void Ledger::verify(const std::vector<Acknowledged>& images, int port, Report& report, const std::string& when) {
  SubjectClient client(port);
  for (const Acknowledged& image : images) verify_image(client, image, report, when);
}

}  // namespace lightfast::torture
