// Brings images in from the command line: URLs or data: URIs, some at a time, each once. Any thread; it must outlive
// its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"
#include "server/admin/reply.h"
#include "server/images/image_urls.h"
#include "server/ingest/downloader.h"
#include "server/ingest/ingest_service.h"

namespace lightfast::admin {

class ImportCommand {
 public:
  ImportCommand(ingest::IngestService& ingest, ingest::Downloader& downloader, db::Database& database, Workers& readers,
                const images::ImageUrls& urls);

  // {"items": [{"url", "user_id", …}]} → {"results": [{"old", "new", "id", "existed"} | {"old", "code", "error"}]}, in
  // order. A URL that the same user's image came from already is not fetched again, unless that image is damaged.
  Task<Result<boost::json::value>> run(boost::json::object arguments, Reply& reply);

 private:
  Task<Result<ingest::StoredImage>> import(const boost::json::object& item);
  Task<Result<std::optional<db::ImageRecord>>> find_imported(UserId user, std::string url);

  ingest::IngestService& ingest_;
  ingest::Downloader& downloader_;
  db::Database& database_;
  Workers& readers_;
  const images::ImageUrls& urls_;
};

}  // namespace lightfast::admin
