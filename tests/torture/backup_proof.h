// A backup of the server under torture, made by the command, and the proof that its promise is kept: a server that is
// started on a copy of it. One thread at a time.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/torture/ledger.h"
#include "tests/torture/report.h"
#include "tests/torture/subject.h"

namespace lightfast::torture {

class BackupProof {
 public:
  // Into `folder`, which need not be there. `server` need not run.
  BackupProof(const test::ServerProcess& server, std::filesystem::path folder)
      : server_(server), folder_(std::move(folder)) {}

  // Each copies what the server holds, `images` among it. True: the command said that all of it was copied.
  bool make(const std::vector<Acknowledged>& images);
  bool stream(const std::vector<Acknowledged>& images);  // as a tar, which is unpacked to the folder

  // For a run by somebody else. One that failed may have been interrupted at any point.
  void note_success(const std::vector<Acknowledged>& images);
  void note_failure(const std::vector<Acknowledged>& images);

  // What must be in the folder: all of the last run that succeeded; after others the backup before them, or a newer
  // one.
  void verify(Report& report, const std::string& when) const;
  // Makes it once more, as before, which must succeed, and looks again.
  void complete(const std::vector<Acknowledged>& images, Report& report, const std::string& when);

  const std::filesystem::path& folder() const { return folder_; }
  const std::string& said() const { return said_; }  // the command, where it failed

 private:
  using Images = std::map<std::string, Sha256Digest>;  // by path
  bool conclude(const test::CommandResult& result, const std::vector<Acknowledged>& images);
  void unpack(const std::string& tar) const;

  const test::ServerProcess& server_;
  const std::filesystem::path folder_;
  Images held_;       // must be served
  Images may_be_in_;  // must be served where the copy knows them: a newer backup may have taken their place
  bool is_stream_ = false;
  std::string said_;
};

}  // namespace lightfast::torture
