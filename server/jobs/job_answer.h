// What a job looks like from outside: the answer to the request that made it, and the job's own JSON. Pure functions.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "db/records.h"
#include "server/images/image_urls.h"
#include "server/images/retention_rule.h"
#include "server/jobs/job.h"
#include "server/jobs/job_store.h"

namespace lightfast::jobs {

// A job with everything that its answer needs.
struct JobView {
  db::JobRecord job;
  std::vector<JobOutput> outputs;
  std::vector<db::ImageRecord> images;  // of the outputs that are stored, in their order
  std::optional<Error> trouble = {};    // why the job's progress cannot be recorded, if it cannot
};

// Whether a caller has something to go on with: the end, or a URL that fades while hosting is tried again.
bool is_answerable(const JobView& view);

class JobAnswers {
 public:
  JobAnswers(const images::ImageUrls& urls, const images::RetentionRule& rule);

  // Of a job that has ended, or whose images could not be hosted yet (ON_STORE_FAILURE=source_url): 201 with the
  // images, 200 for ones that were here already or are not hosted. The error of a failed job, or its trouble.
  Result<Answer> answer(const JobView& view) const;

  // GET /v1/jobs/{job}, and what a webhook gets.
  std::string job_json(const JobView& view) const;

  // GET /v1/jobs: {"jobs":[…],"counts":{"pending","succeeded","failed"}}.
  std::string jobs_json(const std::vector<JobView>& views) const;

  // 202: {"job_id","status":"pending","id","url"}; of several {"batch_id","jobs":[…]}.
  std::string pending_json(const db::JobRecord& job) const;
  std::string pending_list_json(const std::vector<db::JobRecord>& jobs) const;

 private:
  // The hosted ones; where none is, what the provider gave, under its own URLs.
  boost::json::array images_of(const JobView& view) const;
  boost::json::object job_object(const JobView& view) const;

  const images::ImageUrls& urls_;
  images::RetentionRule rule_;
};

}  // namespace lightfast::jobs
