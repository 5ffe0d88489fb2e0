// POST /v1/images/upload: raw bytes, multipart/form-data, or JSON with base64.
#pragma once

#include <vector>

#include "base/memory_budget.h"
#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/image_urls.h"
#include "server/ingest/ingest_service.h"
#include "server/jobs/once.h"

namespace lightfast::routes {

class UploadRoutes {
 public:
  UploadRoutes(ingest::IngestService& ingest, jobs::Once& once, const images::ImageUrls& urls);

  Task<Result<http::Response>> upload(http::Request& request, guard::Caller caller);

  // The most that any form of an upload may bring.
  std::uint64_t body_limit() const;

 private:
  // What came in, on the disk but not kept yet.
  struct Gathered {
    std::vector<ingest::SpooledBytes> files;
    ingest::NewImage facts;
  };

  Task<Result<Gathered>> gather(http::Request& request, const guard::Caller& caller);
  Task<Result<Gathered>> gather_raw(http::Request& request, const guard::Caller& caller);
  Task<Result<Gathered>> gather_json(http::Request& request, const guard::Caller& caller);
  Task<Result<Gathered>> gather_multipart(http::Request& request, const guard::Caller& caller, std::string boundary);
  Task<Result<jobs::Answer>> store_all(Gathered gathered);

  ingest::IngestService& ingest_;
  jobs::Once& once_;
  const images::ImageUrls& urls_;
  MemoryBudget json_memory_;
};

}  // namespace lightfast::routes
