#include "base/error.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace lightfast {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid_request: return "invalid_request";
    case Errc::invalid_user_id: return "invalid_user_id";
    case Errc::unauthorized: return "unauthorized";
    case Errc::forbidden: return "forbidden";
    case Errc::signature_invalid: return "signature_invalid";
    case Errc::signature_expired: return "signature_expired";
    case Errc::not_found: return "not_found";
    case Errc::generation_failed: return "generation_failed";
    case Errc::method_not_allowed: return "method_not_allowed";
    case Errc::request_timeout: return "request_timeout";
    case Errc::conflict: return "conflict";
    case Errc::user_limit: return "user_limit";
    case Errc::length_required: return "length_required";
    case Errc::precondition_failed: return "precondition_failed";
    case Errc::too_large: return "too_large";
    case Errc::uri_too_long: return "uri_too_long";
    case Errc::unsupported_image: return "unsupported_image";
    case Errc::range_not_satisfiable: return "range_not_satisfiable";
    case Errc::expectation_failed: return "expectation_failed";
    case Errc::invalid_image: return "invalid_image";
    case Errc::too_many_pixels: return "too_many_pixels";
    case Errc::provider_rejected: return "provider_rejected";
    case Errc::download_forbidden: return "download_forbidden";
    case Errc::idempotency_mismatch: return "idempotency_mismatch";
    case Errc::rate_limited: return "rate_limited";
    case Errc::headers_too_large: return "headers_too_large";
    case Errc::internal: return "internal";
    case Errc::download_failed: return "download_failed";
    case Errc::source_gone: return "source_gone";
    case Errc::provider_failed: return "provider_failed";
    case Errc::pending: return "pending";
    case Errc::provider_unavailable: return "provider_unavailable";
    case Errc::overloaded: return "overloaded";
    case Errc::damaged: return "damaged";
    case Errc::read_only: return "read_only";
    case Errc::not_configured: return "not_configured";
    case Errc::provider_timeout: return "provider_timeout";
    case Errc::download_timeout: return "download_timeout";
    case Errc::storage_full: return "storage_full";
  }
  return {};
}

// The compiler sees to it that every code has a word above; the first value without one is past the last code.
std::optional<Errc> parse_errc(std::string_view word) {
  if (word.empty()) return std::nullopt;
  for (int value = 0;; ++value) {
    const std::string_view known = to_string(static_cast<Errc>(value));
    if (known == word) return static_cast<Errc>(value);
    if (known.empty()) return std::nullopt;
  }
}

namespace {

// What callers may know of a failed system call: never a path.
std::string_view told_to_callers(Errc code) {
  switch (code) {
    case Errc::storage_full: return "there is no room left to store this; nothing was kept of it";
    case Errc::read_only: return "the storage takes no changes just now";
    case Errc::not_found: return "there is no such file";
    case Errc::conflict: return "a file of that name is there already";
    case Errc::overloaded: return "too many files are open; try again in a moment";
    default: return "the storage failed";
  }
}

}  // namespace

std::string explain(const Error& error) {
  return error.cause.empty() ? error.detail : error.cause;
}

Error system_error(int error_number, std::string_view doing) {
  const auto code = [error_number] {
    switch (error_number) {
      case ENOSPC:
      case EDQUOT: return Errc::storage_full;
      case EROFS: return Errc::read_only;
      case ENOENT:
      case ENOTDIR:
      case ELOOP: return Errc::not_found;
      case EEXIST:
      case ENOTEMPTY: return Errc::conflict;
      case EMFILE:
      case ENFILE:
      case ENOMEM: return Errc::overloaded;
      default: return Errc::internal;
    }
  }();
  Error error{code, std::string(told_to_callers(code))};
  error.cause = std::string(doing) + ": " + std::strerror(error_number);
  if (code == Errc::overloaded) error.retry_after = std::chrono::seconds(1);
  return error;
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::runtime_error(std::string(to_string(error.code)) + ": " + explain(error) + " (" + where.file_name() + ":" +
                           std::to_string(where.line()) + ")");
}

}  // namespace lightfast
