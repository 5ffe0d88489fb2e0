#include "tests/torture/ledger.h"

namespace lightfast::torture {
namespace {

void verify_one(SubjectClient& client, const std::string& path, const Sha256Digest& digest, Report& report,
                const std::string& when) {
  const Answer answer = client.get(path);
  report.add("verified");
  if (answer.status != 200) {
    report.violation(when + ": lost " + path + ": answered " + std::to_string(answer.status) + " " +
                     answer.body.substr(0, 200));
  } else if (sha256(answer.body) != digest) {
    report.violation(when + ": WRONG BYTES served for " + path);
  }
}

}  // namespace

void Ledger::add(const std::vector<Acknowledged>& images) {
  for (const Acknowledged& image : images) digests_.emplace(image.path, image.digest);
}

void Ledger::add(const std::string& path, const std::string& bytes) {
  digests_.emplace(path, sha256(bytes));
}

void Ledger::verify(int port, Report& report, const std::string& when) const {
  SubjectClient client(port);
  for (const auto& [path, digest] : digests_) verify_one(client, path, digest, report, when);
}

void Ledger::verify(const std::vector<Acknowledged>& images, int port, Report& report, const std::string& when) {
  SubjectClient client(port);
  for (const Acknowledged& image : images) verify_one(client, image.path, image.digest, report, when);
}

}  // namespace lightfast::torture
