// A table of images to bring in: NDJSON, or CSV (RFC 4180) with a header. Pure, but for reading the stream.
#pragma once

#include <boost/json/object.hpp>
#include <istream>
#include <string>
#include <vector>

#include "base/clock.h"

namespace lightfast::commands {

struct ImportTable {
  std::vector<boost::json::object> items;  // those whose URL fades soonest first, those whose time is over last
  std::vector<std::string> complaints;     // "line 7: …"
};

ImportTable read_import_table(std::istream& stream, Timestamp now);

// The fields of one CSV record; quoted ones may hold commas, doubled quotes and line breaks. False at the end.
bool read_csv_record(std::istream& stream, std::vector<std::string>& fields);

}  // namespace lightfast::commands
