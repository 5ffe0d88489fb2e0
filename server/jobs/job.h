// A generation or a fetch, as it was asked for and as it stands: the plain values behind a row of the jobs table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "db/records.h"
#include "server/ingest/ingest_service.h"

namespace lightfast::jobs {

// One provider to try; they are tried in order until one gives an image.
struct Attempt {
  std::string provider;  // empty: the default one
  std::string model;     // empty: the provider's default
  std::string input;     // JSON object text
  // Images of ours that stand in the input, and, where the images to come get a name, the latest version of that name
  // among them; 0 for none.
  std::vector<ImageId> parents = {};
  std::uint32_t parent_version = 0;
};

// What was asked for. With a source_url it is a fetch, else a generation.
struct JobRequest {
  ingest::NewImage facts;
  std::vector<Attempt> attempts;
  std::string source_url;               // http, https or data:
  std::string webhook_url;              // gets the job's JSON when it ends
  bool keep_source_on_failure = false;  // ON_STORE_FAILURE=source_url
  bool is_fresh = false;                // a fetch of what was just made: not there yet may mean not yet
  bool is_paid_by_us = false;           // a fetch of what our credentials made: the provider may want to see them
  // URLs of ours in the inputs that the caller may use and that providers cannot fetch as they stand, and until when
  // they were signed last: so that what was sent can be made again, and what opens an image stands in no row.
  std::vector<std::string> source_images;
  std::optional<Timestamp> signed_until;
};

// One image that the job is to bring.
struct JobOutput {
  ImageId id;              // reserved; where the same bytes were here already, the id of that image
  std::string source_url;  // empty: the provider answered with the bytes themselves
  std::optional<Timestamp> fades_at;
  bool stored = false;
  bool existed = false;
  std::string error_code;  // of one that failed
  std::string error_detail;
};

// The texts that a row keeps. Parsing fails with Errc::internal: the row is not ours, or damaged.
std::string request_to_json(const JobRequest& request);
Result<JobRequest> parse_request(std::string_view text, const UserId& user);
std::string outputs_to_json(const std::vector<JobOutput>& outputs);
Result<std::vector<JobOutput>> parse_outputs(std::string_view text);

// Whether money may have been spent on it: then even a failure is the answer for good. A failure whose cause is that
// nobody knows says so in this member of its error.
inline constexpr std::string_view acceptance = "accepted_by_provider";
bool may_be_paid(const db::JobRecord& job);

// Whether a fetch that failed so may do better later: the source and what it gave are not to blame.
bool may_do_better(std::string_view error_code);

Error error_of(const db::JobRecord& job);                // of a failed one
void set_error(db::JobRecord& job, const Error& error);  // and its state

}  // namespace lightfast::jobs
