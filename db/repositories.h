// What can be asked of the database and changed in it: one small interface per record. Const members read; the others
// change, and exist only inside db::commit. Every call blocks, on the thread that runs the session.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "db/api_keys.h"
#include "db/cleanup_runs.h"
#include "db/collections.h"
#include "db/idempotency.h"
#include "db/jobs.h"
#include "db/records.h"
#include "db/retention.h"
#include "db/stored_files.h"

namespace lightfast::db {

class Images {
 public:
  virtual ~Images() = default;

  virtual Result<std::optional<ImageRecord>> find(const ImageId& id) const = 0;  // in the trash too
  // The same, also under an id that add_alias gave it.
  virtual Result<std::optional<ImageRecord>> find_aliased(const ImageId& id) const = 0;
  // The living image that this URL became when the user last brought it in; without one, the user who did so first,
  // by more than hearsay.
  virtual Result<std::optional<ImageRecord>> find_by_source(const std::optional<UserId>& user,
                                                            const std::string& source_url) const = 0;
  // The first living public image that this URL became for the user, or without one for anybody by more than hearsay:
  // what answers of providers show.
  virtual Result<std::optional<ImageRecord>> find_public_by_source(const std::optional<UserId>& user,
                                                                   const std::string& source_url) const = 0;
  // As find_by_source where another query stood behind the URL, whose part before '?' is given; none where images
  // differ.
  virtual Result<std::optional<ImageRecord>> find_by_source_path(const std::optional<UserId>& user,
                                                                 const std::string& before_query) const = 0;
  virtual Result<std::optional<ImageRecord>> find_current(const UserId& user, const ImageName& name) const = 0;
  virtual Result<std::optional<ImageRecord>> find_version(const UserId& user, const ImageName& name,
                                                          std::uint32_t version) const = 0;
  virtual Result<ImagePage> list(const ImageQuery& query) const = 0;
  virtual Result<std::vector<ImageChange>> changes_since(const UserId& user, std::uint64_t change_seq,
                                                         std::uint32_t limit) const = 0;
  virtual Result<std::vector<std::string>> file_keys_of(const std::vector<std::string>& candidates) const = 0;

  virtual Result<bool> any_private() const = 0;  // in the trash too; reads every image where there is none

  struct Inserted {
    ImageRecord image;     // as stored: version, is_current and change_seq filled in
    bool existed = false;  // the same bytes were there already (not for generated images): that image, renewed
  };
  // Adds the image, its version number (one more than was ever used there; it becomes the current one), its user's
  // totals and the day's counters. Deduplication is held by a partial unique index, not by a look before.
  virtual Result<Inserted> insert(const ImageRecord& image) = 0;

  // An id that was promised, and whose bytes were here already, leads to that image until it is purged.
  virtual Result<void> add_alias(const ImageId& alias, const ImageId& image) = 0;

  virtual Result<ImageRecord> remove(const ImageId& id, Timestamp now) = 0;   // to the trash; Errc::not_found
  virtual Result<ImageRecord> restore(const ImageId& id, Timestamp now) = 0;  // Errc::not_found, Errc::conflict if the
                                                                              // same bytes live again meanwhile
  // Removes up to `limit` living images (1–1000), pinned ones too, of the user, or of one collection where `collection`
  // is not empty, and returns them; fewer than `limit`: nothing is left.
  virtual Result<std::vector<ImageRecord>> remove_some(const UserId& user, const std::string& collection, Timestamp now,
                                                       std::uint32_t limit) = 0;
  // Before a file is unlinked: the image, removed now if it still lives, cannot be restored from here on. Once that is
  // durable, unlink, then purge(); Retention::purging tells what a crash left between. Errc::not_found.
  virtual Result<ImageRecord> begin_purge(const ImageId& id, Timestamp now) = 0;
  virtual Result<void> purge(const ImageId& id) = 0;  // drops the row (its file is gone), leaves its tombstone
  virtual Result<ImageRecord> set_pinned(const ImageId& id, bool pinned) = 0;
  virtual Result<ImageRecord> set_current(const UserId& user, const ImageName& name, std::uint32_t version) = 0;
  // The file was read to its end and has the hash it should have: undamaged, whatever was found before. An empty stamp:
  // it was moved since, and is read once more at the next open.
  virtual Result<void> set_verified(const ImageId& id, const std::string& stamp, Timestamp now) = 0;
  virtual Result<void> set_damaged(const ImageId& id, Timestamp now) = 0;  // it has not; keeps the first time
  virtual Result<void> record_accesses(const std::vector<Access>& accesses) = 0;
  // What a clock that was not set dated `before`: from `now` on its age is counted, and its days in the trash. How many
  // images, of either at most `limit`.
  virtual Result<std::uint64_t> date_anew(Timestamp before, Timestamp now, std::uint32_t limit) = 0;
};

class Users {
 public:
  virtual ~Users() = default;
  virtual Result<UserTotals> totals(const UserId& user) const = 0;  // zeros for a user never seen
  virtual Result<std::vector<std::pair<UserId, UserTotals>>> largest(std::uint32_t limit) const = 0;  // by bytes
  virtual Result<UserTotals> everybody() const = 0;
  virtual Result<std::uint64_t> count() const = 0;  // of users with a living image
  virtual Result<void> set_limits(const UserId& user, std::optional<std::uint64_t> images,
                                  std::optional<std::uint64_t> bytes) = 0;
};

class Counters {
 public:
  virtual ~Counters() = default;
  virtual Result<std::vector<DayCounters>> by_day(const std::optional<UserId>& user, const std::string& first_day,
                                                  const std::string& last_day) const = 0;
  virtual Result<std::optional<std::string>> first_day() const = 0;                // with anything in it, of anybody
  virtual Result<std::vector<KindTotals>> by_kind(std::uint32_t limit) const = 0;  // what lives, most bytes first
};

// What tells this installation from others, for anybody to see.
inline constexpr const char* instance_setting = "instance";

// Small facts about the installation itself: generated secrets, its name, the time of the last cleanup.
class Settings {
 public:
  virtual ~Settings() = default;
  virtual Result<std::optional<std::string>> find(const std::string& name) const = 0;
  virtual Result<void> set(const std::string& name, const std::string& value) = 0;
};

// One view of the database, with one door per record.
class Session {
 public:
  virtual ~Session() = default;
  virtual const Images& images() const = 0;
  virtual Images& images() = 0;
  virtual const Users& users() const = 0;
  virtual Users& users() = 0;
  virtual const Counters& counters() const = 0;
  virtual const Settings& settings() const = 0;
  virtual Settings& settings() = 0;
  virtual const Collections& collections() const = 0;
  virtual const Retention& retention() const = 0;
  virtual const StoredFiles& stored_files() const = 0;
  virtual const CleanupRuns& cleanup_runs() const = 0;
  virtual CleanupRuns& cleanup_runs() = 0;
  virtual const Jobs& jobs() const = 0;
  virtual Jobs& jobs() = 0;
  virtual const IdempotencyKeys& idempotency_keys() const = 0;
  virtual IdempotencyKeys& idempotency_keys() = 0;
  virtual const ApiKeys& api_keys() const = 0;
  virtual ApiKeys& api_keys() = 0;
};

}  // namespace lightfast::db
