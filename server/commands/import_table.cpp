#include "server/commands/import_table.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_members.h"
#include "server/ingest/source_expiry.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

// What the field's own type is in the API; everything else is text.
json::value typed(const std::string& name, const std::string& text) {
  if (name == "pinned") return text == "true" || text == "1";
  if (name == "expires_in" || name == "metadata") {
    boost::system::error_code problem;
    json::value value = json::parse(text, problem);
    if (!problem) return value;
  }
  return json::value(text);
}

void add(ImportTable& table, std::size_t line, Result<json::object> item) {
  if (item && !item->contains("url")) item = Error{Errc::invalid_request, "`url` is missing"};
  if (item)
    table.items.push_back(std::move(*item));
  else
    table.complaints.push_back("line " + std::to_string(line) + ": " + item.error().detail);
}

void read_ndjson(std::istream& stream, ImportTable& table) {
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") != std::string::npos) add(table, number, parse_object(line));
  }
}

void read_csv(std::istream& stream, ImportTable& table) {
  std::vector<std::string> header, fields;
  read_csv_record(stream, header);
  for (std::size_t number = 2; read_csv_record(stream, fields); ++number) {
    if (fields.size() == 1 && fields[0].empty()) continue;
    json::object item;
    for (std::size_t i = 0; i < std::min(header.size(), fields.size()); ++i) {
      if (!fields[i].empty()) item[header[i]] = typed(header[i], fields[i]);
    }
    add(table, number, std::move(item));
  }
}

// What fades; then what doesn't; then what says of itself that its time is over.
std::pair<int, Timestamp> urgency(const json::object& item, Timestamp now) {
  const auto* url = item.if_contains("url");
  if (url == nullptr || !url->is_string()) return {1, {}};
  const auto fades_at = ingest::find_expiry(std::string_view(url->as_string()), now);
  if (!fades_at) return {1, {}};
  return {*fades_at > now ? 0 : 2, *fades_at};
}

}  // namespace

bool read_csv_record(std::istream& stream, std::vector<std::string>& fields) {
  fields.assign(1, {});
  if (stream.peek() == std::istream::traits_type::eof()) return false;
  bool quoted = false;
  for (char c = 0; stream.get(c);) {
    if (quoted) {
      if (c != '"')
        fields.back() += c;
      else if (stream.peek() == '"')
        fields.back() += static_cast<char>(stream.get());
      else
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      return true;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return true;
}

ImportTable read_import_table(std::istream& stream, Timestamp now) {
  ImportTable table;
  stream >> std::ws;
  if (stream.peek() == '{')
    read_ndjson(stream, table);
  else
    read_csv(stream, table);
  std::stable_sort(table.items.begin(), table.items.end(),
                   [now](const json::object& a, const json::object& b) { return urgency(a, now) < urgency(b, now); });
  return table;
}

}  // namespace lightfast::commands
