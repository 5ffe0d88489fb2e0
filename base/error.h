// What went wrong, in the product's own stable words, and Result<T>, which carries it upward.
// Expected outcomes travel as values; exceptions are for broken invariants, memory and start-up.
// Plain values: any thread.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lightfast {

// Each code is a word that users see in answers (docs/http-api.md); http/error_response maps it to a status.
enum class Errc {
  invalid_request,
  invalid_user_id,
  unauthorized,
  forbidden,
  signature_invalid,
  signature_expired,
  not_found,
  generation_failed,
  method_not_allowed,
  request_timeout,
  conflict,
  user_limit,
  length_required,
  precondition_failed,
  too_large,
  uri_too_long,
  unsupported_image,
  range_not_satisfiable,
  expectation_failed,
  invalid_image,
  too_many_pixels,
  provider_rejected,
  download_forbidden,
  idempotency_mismatch,
  rate_limited,
  headers_too_large,
  internal,
  download_failed,
  source_gone,
  provider_failed,
  pending,
  provider_unavailable,
  overloaded,
  damaged,
  read_only,
  not_configured,
  provider_timeout,
  download_timeout,
  storage_full,
};

// The stable word, e.g. "too_many_pixels".
std::string_view to_string(Errc code);
std::optional<Errc> parse_errc(std::string_view word);

struct Error {
  Errc code = Errc::internal;
  std::string detail;                                             // for the caller: what is wrong and what is allowed
  std::optional<std::chrono::seconds> retry_after = {};           // when trying again makes sense
  std::vector<std::pair<std::string, std::string>> members = {};  // further members of the answer, e.g. prediction_id
  std::string cause = {};                                         // for logs and terminals alone: it may name paths
  // The same as `members`, of values that are lists or objects: each a JSON text of our own making.
  std::vector<std::pair<std::string, std::string>> json_members = {};
};

template <class T = void>
using Result = boost::system::result<T, Error>;

// The cause where there is one, else the detail: what logs and terminals say.
std::string explain(const Error& error);

// The error of a failed system call: ENOSPC, EDQUOT → storage_full; EROFS → read_only; ENOENT, ENOTDIR, ELOOP →
// not_found; EEXIST, ENOTEMPTY → conflict; EMFILE, ENFILE, ENOMEM → overloaded; else internal. `doing` names the call
// and its object.
Error system_error(int error_number, std::string_view doing);

// Called by Result<T>::value() on an error: an invariant was broken, so it throws std::runtime_error.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace lightfast
