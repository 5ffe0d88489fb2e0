#include "server/admin/check_report.h"

#include <boost/json.hpp>

#include "base/json_members.h"
#include "storage/blob_path.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t bytes_at_once = 64 * 1024;

}  // namespace

Result<lifecycle::CheckOptions> check_options(const json::object& arguments) {
  lifecycle::CheckOptions options;
  auto repair = bool_member(arguments, "repair");
  if (!repair) return repair.error();
  options.repair = *repair;
  auto verify_hashes = bool_member(arguments, "verify_hashes");
  if (!verify_hashes) return verify_hashes.error();
  options.verify_hashes = *verify_hashes;
  auto adopt_as = string_member(arguments, "adopt_as");
  if (!adopt_as) return adopt_as.error();
  if (*adopt_as && !(*adopt_as)->empty()) {
    options.adopt_as = db::parse_visibility(**adopt_as);
    if (!options.adopt_as) return wrong_member("adopt_as", "public or private");
  }
  return options;
}

json::object check_json(const lifecycle::CheckReport& report, const lifecycle::CheckOptions& options) {
  json::object found, repaired;
  for (const auto& [problem, count] : report.found) found[to_string(problem)] = count;
  for (const auto& [remedy, count] : report.repaired) repaired[to_string(remedy)] = count;
  return {{"repair", options.repair},
          {"verify_hashes", options.verify_hashes},
          {"images", report.images},
          {"files", report.files},
          {"hashed", report.hashed},
          {"found", std::move(found)},
          {"repaired", std::move(repaired)},
          {"left", report.left},
          {"lost_and_found", report.lost_and_found},
          {"quarantine", report.quarantine},
          {"complete", report.complete}};
}

lifecycle::CheckListener CheckNotes::listener() {
  return {[this](const lifecycle::Finding& finding) {
            return add("problem", to_string(finding.problem), finding.path, finding.detail);
          },
          [this](const lifecycle::Repair& repair) {
            return add("repair", to_string(repair.remedy), repair.path, repair.detail);
          }};
}

Result<void> CheckNotes::add(std::string_view kind, std::string_view word, const std::string& path,
                             const std::string& detail) {
  const auto name = storage::parse_blob_key({path});
  const json::object note{{kind, word},
                          {"path", path},
                          {"user_id", name ? json::value(name->user.str()) : json::value(nullptr)},
                          {"id", name ? json::value(name->image.str()) : json::value(nullptr)},
                          {"detail", detail}};
  waiting_ += json::serialize(note) + "\n";
  return waiting_.size() < bytes_at_once ? Result<void>() : flush();
}

Result<void> CheckNotes::flush() {
  if (waiting_.empty()) return {};
  auto written = reply_.write(std::as_bytes(std::span(waiting_)));
  waiting_.clear();
  return written;
}

}  // namespace lightfast::admin
