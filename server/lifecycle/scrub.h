// Reads every stored file once a month, so that rot below the file system, which changes no stamp, is found before it
// is served. What has not been read for longest comes first; a young store has nothing to do. Blocking; any thread.
#pragma once

#include <chrono>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "db/database.h"
#include "server/images/mender.h"
#include "storage/storage.h"

namespace lightfast::lifecycle {

class Scrub {
 public:
  static constexpr std::chrono::days interval{30};

  Scrub(db::Database& database, storage::Storage& storage, images::Mender& mender, const Clock& clock, Logger& log)
      : database_(database), storage_(storage), mender_(mender), clock_(clock), log_(log) {}

  // Everything that is due. `pace` is told of each piece that was read, and ends it with false.
  Result<void> run(const images::OnRead& pace, const std::stop_token& stop);

 private:
  // False: the reading was ended.
  bool look_at_all(const std::vector<db::StoredFile>& files, const images::OnRead& pace, const std::stop_token& stop);
  bool look_at(const db::StoredFile& file, const images::OnRead& pace, std::vector<images::Mender::WholeFile>& whole);
  bool tell_unreadable(const db::StoredFile& file, const Error& error);  // true

  db::Database& database_;
  storage::Storage& storage_;
  images::Mender& mender_;
  const Clock& clock_;
  Logger& log_;
};

}  // namespace lightfast::lifecycle
