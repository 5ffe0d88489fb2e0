#include "tests/lifecycle/store.h"

#include "db/sqlite/sqlite_database.h"
#include "storage/blob_path.h"
#include "tests/support/blobs.h"

namespace lightfast::test {

Store::Store() {
  database = db::open_sqlite({.path = folder.path() / "lightfast.db"}, clock, log).value();
  eraser = std::make_unique<images::Eraser>(*database, storage, gate, clock);
  mender = std::make_unique<images::Mender>(*database, storage, clock, log, alerts);
  accesses = std::make_unique<images::AccessRecorder>(*database, clock, log);
}

db::ImageRecord Store::add(const std::string& bytes, const std::string& user) {
  return add(bytes, db::ImageRecord{.id = ids.next_image_id(), .user = *UserId::parse(user)});
}

db::ImageRecord Store::add_version(const std::string& bytes, const std::string& name) {
  db::ImageRecord facts{.id = ids.next_image_id(), .user = *UserId::parse("ana")};
  facts.name = db::ImageName{"articles", name};
  return add(bytes, facts);
}

db::ImageRecord Store::add(const std::string& bytes, db::ImageRecord facts) {
  const storage::BlobKey key = storage::blob_key(facts.user, facts.id, "png");
  facts.file_key = key.text;
  facts.file_stamp = put_bytes(storage, key, bytes).value().stamp.text;
  facts.file_size = bytes.size();
  facts.content_type = "image/png";
  facts.width = facts.height = 1;
  facts.sha256 = sha256(bytes);
  facts.created_at = facts.renewed_at = facts.accessed_at = clock.now();
  return change([&](db::Session& session) { return session.images().insert(facts); }).value().image;
}

void Store::remove(const ImageId& id) {
  change([&](db::Session& session) { return session.images().remove(id, clock.now()); }).value();
}

std::optional<db::ImageRecord> Store::find(const ImageId& id) {
  return read([&](const db::Session& session) { return session.images().find(id); }).value();
}

bool Store::has_file(const db::ImageRecord& image) { return storage.status({image.file_key}).has_value(); }

}  // namespace lightfast::test
