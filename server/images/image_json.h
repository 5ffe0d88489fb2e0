// An image as the API shows it (docs/http-api.md). Pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "db/records.h"
#include "server/images/image_urls.h"
#include "server/images/retention_rule.h"

namespace lightfast::images {

// The members of an answer to generate, import and upload.
boost::json::object image_json(const db::ImageRecord& image, const ImageUrls& urls, const RetentionRule& rule);

// The same plus accessed_at, access_count and deleted_at: the metadata call and lists.
boost::json::object image_details_json(const db::ImageRecord& image, const ImageUrls& urls, const RetentionRule& rule);

}  // namespace lightfast::images
