// A store with a checker, and what a check said of it, one line a finding: "missing_file ana/img_….png". One thread.
#pragma once

#include <string>
#include <vector>

#include "server/lifecycle/checker.h"
#include "storage/blob_path.h"
#include "tests/lifecycle/store.h"
#include "tests/support/blobs.h"
#include "tests/support/places.h"

namespace lightfast::test {

struct Checked {
  lifecycle::CheckReport report;
  std::vector<std::string> problems;
  std::vector<std::string> repairs;
};

inline Checked check_store(lifecycle::Checker& checker, const lifecycle::CheckOptions& options,
                           const std::stop_token& stop = {}) {
  Checked checked;
  const lifecycle::CheckListener listener{
      [&](const lifecycle::Finding& finding) {
        checked.problems.push_back(std::string(to_string(finding.problem)) + " " + finding.path);
        return Result<void>();
      },
      [&](const lifecycle::Repair& repair) {
        checked.repairs.push_back(std::string(to_string(repair.remedy)) + " " + repair.path);
        return Result<void>();
      }};
  lifecycle::Progress progress;
  checked.report = checker.run(options, listener, progress, stop).value();
  return checked;
}

struct CheckedStore : Store {
  ingest::InFlight in_flight;
  imaging::Decoder decoder{{.program = program_under_test(), .children = 1}, log};
  ingest::Adopter adopter{storage, *database, decoder, in_flight, clock, log, {}};
  lifecycle::Checker checker{*database, storage, *mender, adopter, in_flight, log};

  Checked check() { return check_store(checker, {}); }
  Checked repair() { return check_store(checker, {.repair = true}); }
  bool is_clean() { return check().report.left == 0; }

  storage::BlobKey stray(const std::string& bytes, const std::string& user = "ana") {
    const storage::BlobKey key = storage::blob_key(*UserId::parse(user), ids.next_image_id(), "png");
    put_bytes(storage, key, bytes).value();
    return key;
  }
  std::optional<db::ImageRecord> find_by_key(const storage::BlobKey& key) {
    return find(storage::parse_blob_key(key)->image);
  }
  std::string bytes_of(const storage::BlobKey& key) { return read_bytes(storage, key).value(); }
  db::UserTotals totals() {
    return read([](const db::Session& session) { return session.users().everybody(); }).value();
  }
};

}  // namespace lightfast::test
