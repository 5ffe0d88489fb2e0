// Fetches a source URL into a spool: guarded, bounded, hashed on the way, repeated while that can help. What the bytes
// are is for the probe to say. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/sleep.h"
#include "base/workers.h"
#include "server/ingest/address_guard.h"
#include "server/ingest/spool_writer.h"
#include "server/providers/provider.h"
#include "storage/storage.h"

namespace lightfast::ingest {

class DownloadSink;

// A client for downloads: connects only where `guard` allows, which outlives it.
HttpClientOptions download_client_options(const AddressGuard& guard);

enum class SourceAge {
  fresh,    // just made: what is not there yet may come within seconds, so 403 and 404 are waited out
  settled,  // 403 and 404 are for good
};

struct DownloadRequest {
  std::string url;  // http or https, used byte for byte
  SourceAge age = SourceAge::settled;
  std::optional<providers::DownloadCredential> credential;
  // Whether the bytes are whole, as far as that can be seen. Of a fresh source Errc::invalid_image counts as a body cut
  // short, and the download is repeated; any other error is the download's.
  std::function<Task<Result<void>>(const storage::Spool&)> prove;
};

struct Download {
  SpooledBytes bytes;  // as IngestService::store takes them
  std::uint64_t size_bytes = 0;
  std::string content_type;  // as the source claims it
  std::string seems;         // "an HTML page", "an XML document", "JSON", "text"; empty where it may be an image
};

struct DownloadLimits {
  std::uint64_t max_bytes = 52'428'800;
  std::chrono::milliseconds timeout{60'000};  // all of it: redirects and repeats
};

class Downloader {
 public:
  struct Parts {
    HttpClient& client;  // made with download_client_options(guard)
    const AddressGuard& guard;
    storage::Storage& storage;
    Workers& writers;
    const Clock& clock;
    Sleep sleep;
  };

  // The parts outlive the downloads.
  Downloader(Parts parts, DownloadLimits limits) : parts_(std::move(parts)), limits_(limits) {}

  // Errc::download_forbidden (address, scheme, more than 5 redirects), source_gone (403, 404, 410 for good),
  // download_timeout, download_failed (other answers, broken connections), too_large, invalid_request (no URL), or
  // storage's own.
  Task<Result<Download>> download(DownloadRequest request);

 private:
  struct Attempt;
  struct Fetched;
  Task<Attempt> attempt(const DownloadRequest& request, SteadyTime deadline);
  Task<Result<SpoolWriter>> open_spool(SteadyTime deadline);
  Task<Fetched> fetch(const DownloadRequest& request, std::shared_ptr<DownloadSink> sink, SteadyTime deadline);
  Attempt broken(Error error, SteadyTime deadline) const;
  HttpCall call_for(const HttpUrl& url, const DownloadRequest& request, SteadyTime deadline) const;
  std::chrono::milliseconds left_until(SteadyTime deadline) const;

  Parts parts_;
  DownloadLimits limits_;
};

// What bytes that are no image look like, for a helpful word; empty if they may be one.
std::string describe_other_than_image(std::string_view first_bytes);

}  // namespace lightfast::ingest
