// The images that were acknowledged, and the proof that each is still served as it came. One thread at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/torture/report.h"
#include "tests/torture/subject.h"

namespace lightfast::torture {

struct Acknowledged {
  std::string path;
  Sha256Digest digest;
};

// Fetches it; where it is not answered 200 with its own bytes, that is a violation, told with `when`.
void verify_image(SubjectClient& client, const Acknowledged& image, Report& report, const std::string& when);

class Ledger {
 public:
  void add(const std::vector<Acknowledged>& images);
  void add(const std::string& path, const std::string& bytes);
  void remove(const std::string& path) { digests_.erase(path); }

  std::size_t size() const { return digests_.size(); }
  std::vector<Acknowledged> images() const;

  void verify(int port, Report& report, const std::string& when) const;
  static void verify(const std::vector<Acknowledged>& images, int port, Report& report, const std::string& when);

 private:
  std::map<std::string, Sha256Digest> digests_;  // by path
};

}  // namespace lightfast::torture
