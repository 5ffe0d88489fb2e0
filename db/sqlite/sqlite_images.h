// Images over SQLite. A changing call must run within the writer's transaction. Its connection's thread.
#pragma once

#include <string>

#include "db/repositories.h"
#include "db/sqlite/ledger.h"
#include "db/sqlite/source_urls.h"
#include "db/sqlite/version_names.h"

namespace lightfast::db::sqlite {

class SqliteImages final : public Images {
 public:
  explicit SqliteImages(Connection& connection)
      : connection_(connection), ledger_(connection), names_(connection), sources_(connection) {}

  Result<std::optional<ImageRecord>> find(const ImageId& id) const override;
  Result<std::optional<ImageRecord>> find_aliased(const ImageId& id) const override;
  Result<std::optional<ImageRecord>> find_by_source(const std::optional<UserId>& user,
                                                    const std::string& source_url) const override;
  Result<std::optional<ImageRecord>> find_public_by_source(const std::optional<UserId>& user,
                                                           const std::string& source_url) const override;
  Result<std::optional<ImageRecord>> find_by_source_path(const std::optional<UserId>& user,
                                                         const std::string& before_query) const override;
  Result<std::optional<ImageRecord>> find_current(const UserId& user, const ImageName& name) const override;
  Result<std::optional<ImageRecord>> find_version(const UserId& user, const ImageName& name,
                                                  std::uint32_t version) const override;
  Result<ImagePage> list(const ImageQuery& query) const override;
  Result<std::vector<ImageChange>> changes_since(const UserId& user, std::uint64_t change_seq,
                                                 std::uint32_t limit) const override;
  Result<std::vector<std::string>> file_keys_of(const std::vector<std::string>& candidates) const override;
  Result<bool> any_private() const override;

  Result<Inserted> insert(const ImageRecord& image) override;
  Result<void> add_alias(const ImageId& alias, const ImageId& image) override;
  Result<ImageRecord> remove(const ImageId& id, Timestamp now) override;
  Result<ImageRecord> restore(const ImageId& id, Timestamp now) override;
  Result<std::vector<ImageRecord>> remove_some(const UserId& user, const std::string& collection, Timestamp now,
                                               std::uint32_t limit) override;
  Result<ImageRecord> begin_purge(const ImageId& id, Timestamp now) override;
  Result<void> purge(const ImageId& id) override;
  Result<ImageRecord> set_pinned(const ImageId& id, bool pinned) override;
  Result<ImageRecord> set_current(const UserId& user, const ImageName& name, std::uint32_t version) override;
  Result<void> set_verified(const ImageId& id, const std::string& stamp, Timestamp now) override;
  Result<void> set_damaged(const ImageId& id, Timestamp now) override;
  Result<void> record_accesses(const std::vector<Access>& accesses) override;
  Result<std::uint64_t> date_anew(Timestamp before, Timestamp now, std::uint32_t limit) override;

  // The images that may no longer be served, since the last call; changes that were undone may be among them.
  std::vector<ImageId> take_withdrawn() { return std::exchange(withdrawn_, {}); }

 private:
  template <class... Values>
  std::optional<ImageRecord> select_one(std::string_view where, const Values&... values) const;
  std::optional<ImageRecord> select_living(const std::optional<ImageId>& id) const;
  ImageRecord get(const ImageId& id) const;  // after a change of it
  template <class... Values>
  Result<void> update_one(std::string_view set, const Values&... values);  // the last value: the id; Errc::not_found
  std::uint64_t next_change_seq();
  bool insert_unless_same_bytes(const ImageRecord& image);
  ImageRecord renew_same_bytes(const ImageRecord& image);
  void make_current(const ImageRecord& image);

  Connection& connection_;
  Ledger ledger_;
  VersionNames names_;
  SourceUrls sources_;
  std::vector<ImageId> withdrawn_;
};

}  // namespace lightfast::db::sqlite
