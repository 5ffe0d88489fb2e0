// POST /v1/images/upload: raw bytes, multipart/form-data, or JSON with base64.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/image_urls.h"
#include "server/ingest/ingest_service.h"
#include "server/routes/memory_budget.h"

namespace lightfast::routes {

class UploadRoutes {
 public:
  UploadRoutes(ingest::IngestService& ingest, const images::ImageUrls& urls);

  Task<Result<http::Response>> upload(http::Request& request, guard::Caller caller);

  // The most that any form of an upload may bring.
  std::uint64_t body_limit() const;

 private:
  using Outcomes = std::vector<Result<ingest::StoredImage>>;

  Task<Result<http::Response>> upload_raw(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> upload_json(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> upload_multipart(http::Request& request, guard::Caller caller, std::string boundary);
  Task<Result<void>> admit(const http::Request& request, UserId user, std::uint64_t limit_bytes);
  Task<Result<ingest::SpooledBytes>> spool_body(http::BodyReader& body);
  Task<Outcomes> store_all(std::vector<ingest::SpooledBytes> files, ingest::NewImage facts);
  Result<http::Response> answer(const Outcomes& outcomes) const;

  ingest::IngestService& ingest_;
  const images::ImageUrls& urls_;
  MemoryBudget json_memory_;
};

}  // namespace lightfast::routes
