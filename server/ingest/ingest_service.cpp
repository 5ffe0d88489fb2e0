#include "server/ingest/ingest_service.h"

#include "db/access.h"
#include "server/ingest/mapped_file.h"
#include "storage/blob_path.h"

namespace lightfast::ingest {
namespace {

// Whether a failed commit may have left its row behind all the same (an I/O error in mid-commit): then the file stays,
// and the sweep after the next start decides.
bool outcome_unknown(const Error& error) {
  return error.code == Errc::internal;
}

}  // namespace

IngestService::IngestService(storage::Storage& storage, db::Database& database, images::Mender& mender,
                             imaging::Decoder& decoder, const storage::DiskRoom& room, Workers& cpu, Workers& readers,
                             Workers& writers, const IdGenerator& ids, const Clock& clock, Logger& log,
                             const IngestLimits& limits, Metrics& metrics)
    : storage_(storage),
      database_(database),
      mender_(mender),
      decoder_(decoder),
      room_(room),
      cpu_(cpu),
      readers_(readers),
      writers_(writers),
      ids_(ids),
      clock_(clock),
      log_(log),
      limits_(limits),
      times_(metrics) {}

Task<Result<void>> IngestService::admit(std::optional<UserId> user, std::uint64_t bytes) {
  auto admitted = co_await readers_.run([&] { return admit_blocking(user, bytes); });
  co_return admitted;
}

Task<Result<void>> IngestService::admit_output(UserId user) {
  auto admitted = co_await writers_.run([&]() -> Result<void> {
    if (auto allowed = admit_blocking(user, 0); !allowed) return allowed;
    auto spool = storage_.create_spool();
    if (!spool) return spool.error();
    return {};
  });
  co_return admitted;
}

Result<void> IngestService::admit_blocking(const std::optional<UserId>& user, std::uint64_t bytes) {
  if (auto changeable = database_.require_changeable(); !changeable) return changeable;
  if (auto room = room_.require(bytes); !room) return room;
  if (!limits_.retention.reject_over_limit || !user) return {};
  return db::read(database_, [&](const db::Session& session) { return check_user_limit(session, *user, {1, bytes}); });
}

Result<void> IngestService::check_user_limit(const db::Session& session, const UserId& user, const Room& wanted) const {
  if (!limits_.retention.reject_over_limit) return {};
  auto totals = session.users().totals(user);
  if (!totals) return totals.error();
  const auto images_limit = totals->limit_images.value_or(limits_.retention.per_user_images);
  const auto bytes_limit = totals->limit_bytes.value_or(limits_.retention.per_user_bytes);
  if (images_limit > 0 && totals->images + wanted.images > images_limit) {
    return Error{Errc::user_limit, "this user has " + std::to_string(totals->images) + " of the " +
                                       std::to_string(images_limit) + " images that are allowed: no room for " +
                                       std::to_string(wanted.images) + " more"};
  }
  if (bytes_limit > 0 && totals->bytes + wanted.bytes > bytes_limit) {
    return Error{Errc::user_limit,
                 "this user's images may take " + std::to_string(bytes_limit) + " bytes; this one is over that"};
  }
  return {};
}

Task<Result<SpoolWriter>> IngestService::open_spool() {
  auto spool = co_await writers_.run([&] { return SpoolWriter::create(storage_, limits_.image.max_bytes); });
  co_return spool;
}

Task<Result<void>> IngestService::append(SpoolWriter& spool, std::span<const std::byte> bytes) {
  auto appended = co_await writers_.run([&] { return spool.append(bytes); });
  co_return appended;
}

Result<imaging::ImageFacts> IngestService::probe(const storage::Spool& spool) const {
  auto mapped = MappedFile::map(spool.file(), spool.size_bytes());
  if (!mapped) return mapped.error();
  return imaging::probe(mapped->bytes(), limits_.image);
}

Task<Result<void>> IngestService::check(const storage::Spool& spool) {
  auto checked = co_await cpu_.run([&]() -> Result<void> {
    auto facts = probe(spool);
    if (!facts) return facts.error();
    return {};
  });
  co_return checked;
}

Result<imaging::ImageFacts> IngestService::prove(const storage::Spool& spool) const {
  auto facts = probe(spool);
  if (!facts) return facts;
  if (auto decoded = decoder_.prove(spool.file(), spool.size_bytes(), *facts); !decoded) return decoded.error();
  return facts;
}

db::ImageRecord IngestService::make_record(const NewImage& facts, const imaging::ImageFacts& image,
                                           const SpooledBytes& bytes) const {
  const Timestamp now = clock_.now();
  const ImageId id = facts.id ? *facts.id : ids_.next_image_id();
  db::ImageRecord record{.id = id, .user = facts.user};
  record.origin = facts.origin;
  record.source = facts.source;
  record.file_key = storage::blob_key(facts.user, id, imaging::extension(image.format)).text;
  record.file_size = bytes.spool->size_bytes();
  record.content_type = imaging::content_type(image.format);
  record.width = image.width;
  record.height = image.height;
  record.sha256 = bytes.sha256;
  record.visibility = facts.visibility;
  record.pinned = facts.pinned;
  record.name = facts.name;
  record.metadata = facts.metadata;
  record.created_at = record.renewed_at = record.accessed_at = now;
  if (facts.expires_in) record.expires_at = now + *facts.expires_in;
  return record;
}

Task<Result<StoredImage>> IngestService::store_bytes(const std::string& bytes, NewImage facts) {
  auto spool = co_await open_spool();
  if (!spool) co_return spool.error();
  auto appended = co_await append(*spool, std::as_bytes(std::span(bytes)));
  if (!appended) co_return appended.error();
  auto stored = co_await store(spool->finish(), std::move(facts));
  co_return stored;
}

// The image that has the same bytes may have lost them: then it gets these. It may also go to the trash meanwhile: then
// this one is new after all.
Task<Result<db::Images::Inserted>> IngestService::record(const db::ImageRecord& record, const NewImage& facts) {
  for (;;) {
    auto inserted = co_await db::commit(database_, [&](db::Session& session) -> Result<db::Images::Inserted> {
      // Asked again inside the transaction: of two uploads at the limit only one comes in. An image that is here
      // already takes no room, so the insert comes first; an error undoes it.
      auto room = check_user_limit(session, record.user, {1, record.file_size});
      auto result = session.images().insert(record);
      if (!result) return result;
      if (!result->existed) {
        if (!room) return room.error();
      } else if (facts.id) {
        if (auto known = session.images().add_alias(*facts.id, result->image.id); !known) return known.error();
      }
      if (!facts.ticket.empty()) {
        auto used = use_ticket(session, facts.ticket, record.sha256, result->image.id, record.created_at);
        if (!used) return used.error();
      }
      return result;
    });
    if (!inserted || !inserted->existed) co_return inserted;
    auto healed = co_await writers_.run([&] { return mender_.heal(inserted->image.id, {record.file_key}); });
    if (healed) {
      inserted->image.damaged_at.reset();
      co_return inserted;
    }
    if (healed.error().code != Errc::not_found) co_return healed.error();
  }
}

Task<Result<std::optional<TicketUse>>> IngestService::find_use(std::string ticket) {
  auto use = co_await readers_.run([&] {
    return db::read(database_, [&](const db::Session& session) { return find_ticket_use(session, ticket); });
  });
  co_return use;
}

Task<Result<StoredImage>> IngestService::store(SpooledBytes bytes, NewImage facts) {
  Stopwatch watch(clock_);
  auto image = co_await cpu_.run([&] { return prove(*bytes.spool); });
  watch.lap(times_.prove);
  if (!image) co_return image.error();

  db::ImageRecord record = make_record(facts, *image, bytes);
  const storage::BlobKey key{record.file_key};
  const InFlight::Entry entry(in_flight_, key);
  auto put = co_await writers_.run([&] { return storage_.put(key, std::move(bytes.spool)); });
  watch.lap(times_.file);
  if (!put) co_return put.error();
  record.file_stamp = put->stamp.text;

  auto inserted = co_await this->record(record, facts);
  watch.lap(times_.record);
  if (!inserted || inserted->existed) {
    if (inserted || !outcome_unknown(inserted.error())) {
      auto undone = co_await writers_.run([&] { return storage_.remove(key); });
      if (!undone && undone.error().code != Errc::not_found)
        log_.warning("a refused image's file could not be removed",
                     {{"file", key.text}, {"reason", explain(undone.error())}});
    }
    if (!inserted) co_return inserted.error();
  }
  const db::ImageRecord& kept = inserted->image;
  log_.info(
      inserted->existed ? "image was here already" : "image stored",
      {{"image", kept.id.str()}, {"user", kept.user.str()}, {"bytes", kept.file_size}, {"type", kept.content_type}});
  co_return StoredImage{std::move(inserted->image), inserted->existed};
}

}  // namespace lightfast::ingest
