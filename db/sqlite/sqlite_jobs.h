// Jobs over SQLite. A changing call must run within the writer's transaction. Its connection's thread.
#pragma once

#include <string_view>

#include "db/jobs.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

class SqliteJobs final : public Jobs {
 public:
  explicit SqliteJobs(Connection& connection) : connection_(connection) {}

  Result<std::optional<JobRecord>> find(const std::string& id) const override;
  Result<std::optional<JobRecord>> find_by_image(const ImageId& image_id) const override;
  Result<std::optional<JobRecord>> find_by_prediction(const std::string& provider,
                                                      const std::string& prediction_id) const override;
  Result<std::vector<JobRecord>> of_batch(const std::string& batch_id) const override;
  Result<std::vector<JobRecord>> find_all(const std::vector<std::string>& ids) const override;
  Result<std::optional<JobRecord>> find_by_source(const UserId& user, const std::string& source_url) const override;
  Result<std::vector<JobRecord>> unfinished() const override;
  Result<std::vector<JobRecord>> due_webhooks(Timestamp now, std::uint32_t limit) const override;
  Result<std::map<JobState, std::uint64_t>> count_by_state() const override;
  Result<std::uint64_t> count_unfinished(const UserId& user, JobKind kind) const override;
  Result<std::uint64_t> count_missed() const override;
  Result<std::optional<JobRecord>> find_awaiting(const std::optional<UserId>& user,
                                                 const std::string& source_url) const override;

  Result<void> insert(const JobRecord& job) override;
  Result<void> update(const JobRecord& job) override;
  Result<void> add_missed() override;
  Result<std::uint64_t> forget_finished_before(Timestamp time) override;

 private:
  template <class... Values>
  Result<std::optional<JobRecord>> select_one(std::string_view rest, const Values&... values) const;
  template <class... Values>
  Result<std::vector<JobRecord>> select(const std::string& what, std::string_view rest, const Values&... values) const;

  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
