#include "server/ingest/adopter.h"

#include <algorithm>

#include "base/file_system.h"
#include "db/access.h"

namespace lightfast::ingest {
namespace {

Error id_is_taken() {
  return {Errc::conflict, "an image of that id is known already"};
}

}  // namespace

Adopter::Adopter(storage::Storage& storage, db::Database& database, imaging::Decoder& decoder, InFlight& in_flight,
                 const Clock& clock, Logger& log, const imaging::Limits& limits)
    : storage_(storage),
      database_(database),
      decoder_(decoder),
      in_flight_(in_flight),
      clock_(clock),
      log_(log),
      limits_(limits) {}

// Read rather than mapped: who looks around in lost+found may cut a file short meanwhile.
Result<Adopter::Proven> Adopter::prove(storage::Aside where, const std::string& name, const std::string& extension) {
  auto blob = storage_.open_aside(where, name);
  if (!blob) return blob.error();
  const std::uint64_t size = blob->info.size_bytes;
  if (size > limits_.max_bytes) return Error{Errc::too_large, "it is larger than an image may be"};
  std::string bytes(size, '\0');
  auto count = PosixFileSystem().read_at(blob->file.get(), std::as_writable_bytes(std::span(bytes)), 0);
  if (!count) return count.error();
  if (*count < size) return Error{Errc::invalid_image, "it was cut short while it was read"};
  auto facts = imaging::probe(std::as_bytes(std::span(bytes)), limits_);
  if (!facts) return facts.error();
  if (imaging::extension(facts->format) != extension) {
    return Error{Errc::invalid_image, "it is no image of the kind that its name says"};
  }
  if (auto decoded = decoder_.prove(blob->file.get(), size, *facts); !decoded) return decoded.error();
  return Proven{*facts, size, sha256(bytes)};
}

// Exempt from deduplication as generated images are: every URL that was handed out is to serve again. Its age counts
// from now, so that there is time to look before a cleanup takes it. Without a stamp: the next open reads it once more.
db::ImageRecord Adopter::make_record(const storage::BlobName& name, const Proven& proven,
                                     db::Visibility visibility) const {
  const Timestamp now = clock_.now();
  db::ImageRecord record{.id = name.image, .user = name.user};
  record.origin = db::Origin::generate;
  record.file_key = storage::blob_key(name.user, name.image, name.extension).text;
  record.file_size = proven.size_bytes;
  record.content_type = imaging::content_type(proven.facts.format);
  record.width = proven.facts.width;
  record.height = proven.facts.height;
  record.sha256 = proven.sha256;
  record.visibility = visibility;
  record.created_at = std::min(name.image.made_at(), now);
  record.renewed_at = record.accessed_at = now;
  return record;
}

Result<db::ImageRecord> Adopter::adopt(storage::Aside where, const std::string& name, db::Visibility visibility) {
  const auto key = storage::former_key(name);
  const auto parts = key ? storage::parse_blob_key(*key) : std::nullopt;
  if (!parts) return Error{Errc::invalid_image, "its name tells no user and id"};
  auto proven = prove(where, name, parts->extension);
  if (!proven) return proven.error();
  const db::ImageRecord record = make_record(*parts, *proven, visibility);

  const InFlight::Entry entry(in_flight_, *key);
  if (auto put = storage_.put_back(where, name, *key); !put) return put.error();
  auto adopted = db::commit_blocking(database_, [&](db::Session& session) -> Result<db::ImageRecord> {
    auto known = session.images().find(record.id);
    if (!known) return known.error();
    if (*known) return id_is_taken();
    auto inserted = session.images().insert(record);
    if (!inserted) return inserted.error();
    return std::move(inserted->image);
  });
  // An internal error leaves it open whether the row is there: then the file stays, and the sweep decides.
  if (!adopted && adopted.error().code != Errc::internal) (void)storage_.set_aside(*key, where);
  if (!adopted) return adopted.error();
  log_.info("an image was adopted", {{"image", record.id.str()}, {"user", record.user.str()}, {"file", key->text}});
  return adopted;
}

}  // namespace lightfast::ingest
