// The one way in for images, whatever they come from: spool → probe → decode → store → record, undone unless the row
// is committed. Knows nothing of HTTP or providers. Any thread; it must outlive its coroutines.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"
#include "server/images/mender.h"
#include "server/images/retention_rule.h"
#include "server/imaging/decoder.h"
#include "server/ingest/in_flight.h"
#include "server/ingest/spool_writer.h"
#include "server/ingest/store_times.h"
#include "server/ingest/ticket_use.h"
#include "storage/disk_room.h"
#include "storage/storage.h"

namespace lightfast::ingest {

// What is known of an image beside its bytes.
struct NewImage {
  UserId user = UserId::fallback();
  db::Origin origin = db::Origin::upload;
  db::ImageSource source;
  db::Visibility visibility = db::Visibility::public_;
  bool pinned = false;
  std::optional<db::ImageName> name;
  std::string metadata;  // JSON text; empty for none
  std::optional<std::chrono::seconds> expires_in;
  // Promised beforehand; absent: a new one. Where the same bytes are here already, it leads to that image.
  std::optional<ImageId> id;
  std::string ticket;  // the upload ticket that this image uses up; empty: none
};

struct StoredImage {
  db::ImageRecord image;
  bool existed = false;  // the same bytes were there already: that image, renewed, and healed if it was damaged
};

// What a user wants to bring.
struct Room {
  std::uint64_t images = 1;
  std::uint64_t bytes = 0;  // as far as it is known
};

struct IngestLimits {
  imaging::Limits image;
  images::RetentionRule retention;
};

class IngestService {
 public:
  IngestService(storage::Storage& storage, db::Database& database, images::Mender& mender, imaging::Decoder& decoder,
                const storage::DiskRoom& room, Workers& cpu, Workers& readers, Workers& writers, const IdGenerator& ids,
                const Clock& clock, Logger& log, const IngestLimits& limits, Metrics& metrics);

  // Whether `user` may bring `bytes` more, asked before a body is read. Errc::storage_full when too little disk would
  // be left, Errc::read_only when the disk cannot be written or the database is damaged, Errc::user_limit when the user
  // is full and the policy is to reject; not that one where only the body will say whose it is (nullopt).
  Task<Result<void>> admit(std::optional<UserId> user, std::uint64_t bytes);

  // The same before a provider is paid, or anything is fetched: that a file can be made is tried out too.
  Task<Result<void>> admit_output(UserId user);

  // The second half of it alone, within the change that takes the room.
  Result<void> check_user_limit(const db::Session& session, const UserId& user, const Room& wanted) const;

  Task<Result<SpoolWriter>> open_spool();
  Task<Result<void>> append(SpoolWriter& spool, std::span<const std::byte> bytes);

  // Proves and keeps what was spooled. When it returns an image, a power cut no longer loses it. On any error nothing
  // is left of it, and its ticket is unused. Errc::conflict: other bytes have used the ticket.
  Task<Result<StoredImage>> store(SpooledBytes bytes, NewImage facts);

  // Whether spooled bytes are an image and all there, as far as their structure tells.
  Task<Result<void>> check(const storage::Spool& spool);

  // The same for bytes in memory.
  Task<Result<StoredImage>> store_bytes(const std::string& bytes, NewImage facts);

  Task<Result<std::optional<TicketUse>>> find_use(std::string ticket);

  InFlight& in_flight() { return in_flight_; }
  const IngestLimits& limits() const { return limits_; }

 private:
  Result<void> admit_blocking(const std::optional<UserId>& user, std::uint64_t bytes);
  Result<imaging::ImageFacts> probe(const storage::Spool& spool) const;
  Result<imaging::ImageFacts> prove(const storage::Spool& spool) const;
  Task<Result<db::Images::Inserted>> record(const db::ImageRecord& record, const NewImage& facts);
  db::ImageRecord make_record(const NewImage& facts, const imaging::ImageFacts& image, const SpooledBytes& bytes) const;

  storage::Storage& storage_;
  db::Database& database_;
  images::Mender& mender_;
  imaging::Decoder& decoder_;
  const storage::DiskRoom& room_;
  Workers& cpu_;
  Workers& readers_;
  Workers& writers_;
  const IdGenerator& ids_;
  const Clock& clock_;
  Logger& log_;
  IngestLimits limits_;
  StoreTimes times_;
  InFlight in_flight_;
};

}  // namespace lightfast::ingest
