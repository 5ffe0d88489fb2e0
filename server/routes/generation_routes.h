// POST /v1/images/generate and /v1/images/import.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/image_urls.h"
#include "server/ingest/ingest_service.h"
#include "server/jobs/job_service.h"
#include "server/jobs/once.h"
#include "server/routes/own_images.h"

namespace lightfast::routes {

struct GenerationRules {
  bool keep_source_on_failure = false;  // ON_STORE_FAILURE=source_url
  bool hosting_enabled = true;
};

class GenerationRoutes {
 public:
  GenerationRoutes(jobs::JobService& jobs, jobs::Once& once, ingest::IngestService& ingest,
                   const providers::Registry& providers, OwnImages& own_images, const images::ImageUrls& urls,
                   const GenerationRules& rules);

  Task<Result<http::Response>> generate(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> import(http::Request& request, guard::Caller caller);

  std::uint64_t generate_body_limit() const;
  std::uint64_t import_body_limit() const;

 private:
  using Reply = jobs::JobService::Reply;

  Result<jobs::JobRequest> read_generation(const boost::json::object& members, const guard::Caller& caller) const;
  Result<jobs::JobRequest> read_import(const boost::json::object& members, const guard::Caller& caller) const;
  Task<Result<http::Response>> submit(const http::Request& request, const guard::Caller& caller, std::string_view body,
                                      std::vector<jobs::JobRequest> wanted, Reply reply);
  Task<Result<void>> settle_images(std::vector<jobs::JobRequest>& wanted, const guard::Caller& caller, Reply reply);
  jobs::JobStore::Admit admit_all(std::map<UserId, std::uint64_t> images) const;
  Task<Result<http::Response>> submit_one(const http::Request& request, const guard::Caller& caller,
                                          std::string_view body, jobs::JobRequest what);
  Task<Result<jobs::Answer>> import_items(std::vector<Result<jobs::JobRequest>> items);
  Task<Result<jobs::Answer>> import_one(jobs::JobRequest what);

  jobs::JobService& jobs_;
  jobs::Once& once_;
  ingest::IngestService& ingest_;
  const providers::Registry& providers_;
  OwnImages& own_images_;
  const images::ImageUrls& urls_;
  GenerationRules rules_;
};

}  // namespace lightfast::routes
