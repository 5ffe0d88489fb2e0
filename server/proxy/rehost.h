// Outputs of a provider on their way to a caller made into hosted images: fetched or taken from the answer itself, kept
// under the caller's user with what is known of their making. One URL of a provider becomes one public image of a user,
// however often it is asked for. Any thread; it must outlive its coroutines.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "server/images/image_urls.h"
#include "server/jobs/job_service.h"
#include "server/proxy/rewriter.h"

namespace lightfast::proxy {

// What is known of how an output was made.
struct Making {
  UserId user = UserId::fallback();
  std::string provider;
  std::string model;
  std::string prediction_id;
  std::string prompt;
  std::string raw;                       // the provider's answer, as providers::keep_raw makes it
  std::string details;                   // as Prediction::details has them
  jobs::Reach reach = jobs::Reach::own;  // whose images are shown
  bool is_paid_by_us = false;            // then outputs that lie at the provider's API are fetched with our credentials
};

enum class OutputAge { fresh, settled };  // fresh: what is not there yet may come within seconds

struct Rehosted {
  HostedUrls hosted;
  bool any_pending = false;  // still under way when the time was over
  bool any_failed = false;   // what is no image has not failed
};

class Rehost {
 public:
  Rehost(jobs::JobService& jobs, ingest::IngestService& ingest, const images::ImageUrls& urls, Workers& workers,
         const Clock& clock, Logger& log, Metrics& metrics, bool is_enabled);

  bool is_enabled() const { return is_enabled_; }  // IMAGE_HOSTING_ENABLED

  // Whether an output could be kept: asked before a provider is paid. Errors as IngestService::admit_output, or
  // Errc::not_configured.
  Task<Result<void>> admit(UserId user);

  // http, https and data: URLs, until `deadline`; what is under way then goes on by itself. What is over
  // providers::max_outputs has failed.
  Task<Rehosted> urls(std::vector<std::string> urls, Making making, OutputAge age, SteadyTime deadline);

  // Bytes that stand in the answer, as base64.
  Task<Result<HostedImage>> base64(std::string text, Making making);

 private:
  enum class Outcome { hosted, pending, failed, no_image };

  Task<Outcome> one(const std::string& url, const Making& making, OutputAge age, SteadyTime deadline,
                    HostedUrls& hosted);
  Task<Result<jobs::Fetched>> fetch(std::string url, const Making& making, OutputAge age, SteadyTime deadline);
  Task<Result<jobs::Fetched>> take_inline(std::string uri, const Making& making);
  ingest::NewImage facts_of(const Making& making) const;
  HostedImage shown(const db::ImageRecord& image) const;
  Outcome judge(const Result<jobs::Fetched>& fetched, const std::string& provider);

  jobs::JobService& jobs_;
  ingest::IngestService& ingest_;
  const images::ImageUrls& urls_;
  Workers& workers_;
  const Clock& clock_;
  Logger& log_;
  Metrics& metrics_;
  const bool is_enabled_;
};

}  // namespace lightfast::proxy
