#include "tests/db/database_contract.h"

#include "db/sqlite/sqlite_database.h"

namespace lightfast::test {

using db::ImageRecord;
using db::Session;

std::vector<Backend> backends() {
  return {{"sqlite", [](const std::filesystem::path& folder, const Clock& clock, Logger& log) {
             return db::open_sqlite({folder / "lightfast.db"}, clock, log);
           }}};
}

UserId user_id(const std::string& text) {
  return UserId::parse(text).value();
}

ContractDatabase::ContractDatabase(Backend backend) : backend_(std::move(backend)) {
  reopen();
}

void ContractDatabase::reopen() {
  database_.reset();
  auto opened = backend_.open(folder_.path(), clock_, log_);
  REQUIRE(opened);
  database_ = std::move(*opened);
}

ImageRecord ContractDatabase::image(const std::string& content, const std::string& user) {
  ImageRecord image{ids_.next_image_id(), user_id(user)};
  image.file_key = user + "/" + image.id.str() + ".png";
  image.file_size = content.size();
  image.content_type = "image/png";
  image.width = 8;
  image.height = 6;
  image.sha256 = sha256(content);
  image.created_at = clock_.now();
  return image;
}

ImageRecord ContractDatabase::named(const std::string& content, const std::string& name) {
  ImageRecord image = this->image(content);
  image.name = db::ImageName{"articles", name};
  return image;
}

db::Images::Inserted ContractDatabase::insert(const ImageRecord& image) {
  auto inserted = change([&](Session& session) { return session.images().insert(image); });
  REQUIRE(inserted);
  return *inserted;
}

Result<ImageRecord> ContractDatabase::remove(const ImageId& id) {
  return change([&](Session& session) { return session.images().remove(id, clock_.now()); });
}

Result<ImageRecord> ContractDatabase::restore(const ImageId& id) {
  return change([&](Session& session) { return session.images().restore(id, clock_.now()); });
}

Result<void> ContractDatabase::purge(const ImageId& id) {
  return change([&](Session& session) { return session.images().purge(id); });
}

std::optional<ImageRecord> ContractDatabase::find(const ImageId& id) {
  return look([&](const Session& session) { return session.images().find(id); }).value();
}

std::optional<ImageRecord> ContractDatabase::current(const std::string& name, const std::string& user) {
  const db::ImageName place{"articles", name};
  return look([&](const Session& session) { return session.images().find_current(user_id(user), place); }).value();
}

db::UserTotals ContractDatabase::totals(const std::string& user) {
  return look([&](const Session& session) { return session.users().totals(user_id(user)); }).value();
}

std::vector<db::ImageChange> ContractDatabase::changes(std::uint64_t since, const std::string& user) {
  return look([&](const Session& session) { return session.images().changes_since(user_id(user), since, 1'000); })
      .value();
}

Result<db::ImagePage> ContractDatabase::list(const db::ImageQuery& query) {
  return look([&](const Session& session) { return session.images().list(query); });
}

std::vector<ImageRecord> ContractDatabase::list_all(db::ImageQuery query) {
  std::vector<ImageRecord> all;
  do {
    const auto page = list(query);
    REQUIRE(page);
    all.insert(all.end(), page->images.begin(), page->images.end());
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  return all;
}

}  // namespace lightfast::test
