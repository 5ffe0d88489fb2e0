// Where a page of a list ended, as the opaque text that callers hand back. Says nothing of how rows are found.
// Pure functions: any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "db/records.h"

namespace lightfast::db {

struct ListPosition {
  std::int64_t key = 0;  // the value of what the list is ordered by
  std::string id;        // among equal keys
};

// What `image` is ordered by in this query's list.
std::int64_t order_key(const ImageQuery& query, const ImageRecord& image);

std::string encode_cursor(const ImageQuery& query, const ListPosition& position);

// Reads query.cursor. Errc::invalid_request when it was not made by encode_cursor for the same order and side
// (living or trash).
Result<ListPosition> decode_cursor(const ImageQuery& query);

}  // namespace lightfast::db
