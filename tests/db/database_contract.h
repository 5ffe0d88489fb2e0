// What every implementation of Database is tested with: the implementations, and a database in a folder of its own with
// small helpers. A contract test begins `ContractDatabase db(GENERATE(from_range(backends())))` and so runs on each.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "db/access.h"
#include "db/database.h"
#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

struct Backend {
  std::string name;
  std::function<Result<std::unique_ptr<db::Database>>(const std::filesystem::path& folder, const Clock&, Logger&)> open;
};
std::vector<Backend> backends();

class ContractDatabase {
 public:
  explicit ContractDatabase(Backend backend = backends().front());

  db::Database& operator*() { return *database_; }
  void reopen();
  const std::filesystem::path& folder() const { return folder_.path(); }
  ManualClock& clock() { return clock_; }
  Timestamp now() const { return clock_.now(); }

  // An unnamed upload, whose bytes are told by `content`: the same content, the same bytes.
  db::ImageRecord image(const std::string& content, const std::string& user = "ana");
  db::ImageRecord named(const std::string& content, const std::string& name);  // ana's, in the collection "articles"

  db::Images::Inserted insert(const db::ImageRecord& image);
  db::ImageRecord add(const db::ImageRecord& image) { return insert(image).image; }
  Result<db::ImageRecord> remove(const ImageId& id);
  Result<db::ImageRecord> restore(const ImageId& id);
  Result<void> purge(const ImageId& id);
  std::optional<db::ImageRecord> find(const ImageId& id);
  std::optional<db::ImageRecord> current(const std::string& name, const std::string& user = "ana");
  db::UserTotals totals(const std::string& user = "ana");
  std::vector<db::ImageChange> changes(std::uint64_t since = 0, const std::string& user = "ana");
  Result<db::ImagePage> list(const db::ImageQuery& query);
  std::vector<db::ImageRecord> list_all(db::ImageQuery query = {});  // every page

  template <class Fn>
  auto look(Fn fn) {
    return db::read(*database_, std::move(fn));
  }
  template <class Fn>
  auto change(Fn fn) {
    return db::commit_blocking(*database_, std::move(fn));
  }

 private:
  TemporaryFolder folder_;
  ManualClock clock_;
  Logger log_{LogLevel::error, LogFormat::text};
  IdGenerator ids_{clock_};
  Backend backend_;
  std::unique_ptr<db::Database> database_;
};

UserId user_id(const std::string& text);

}  // namespace lightfast::test
