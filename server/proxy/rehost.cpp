#include "server/proxy/rehost.h"

#include <algorithm>

#include "base/concurrently.h"
#include "base/data_uri.h"
#include "base/encoding.h"
#include "server/ingest/new_image_fields.h"
#include "server/providers/answer.h"

namespace lightfast::proxy {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t at_once = 16;

bool is_no_image(const Error& error) {
  return error.code == Errc::unsupported_image;
}

// A caller's or provider's words as they may be kept: whatever bytes a form or a header held.
std::string kept(const std::string& text) {
  return std::string(cut_utf8(as_utf8(text), ingest::longest_text));
}

}  // namespace

Rehost::Rehost(jobs::JobService& jobs, ingest::IngestService& ingest, const images::ImageUrls& urls, Workers& workers,
               const Clock& clock, Logger& log, Metrics& metrics, bool is_enabled)
    : jobs_(jobs),
      ingest_(ingest),
      urls_(urls),
      workers_(workers),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      is_enabled_(is_enabled) {}

Task<Result<void>> Rehost::admit(UserId user) {
  if (!is_enabled_) co_return Result<void>();
  if (auto configured = urls_.require_configured(); !configured) co_return configured;
  auto admitted = co_await ingest_.admit_output(std::move(user));
  co_return admitted;
}

Task<Rehosted> Rehost::urls(std::vector<std::string> urls, Making making, OutputAge age, SteadyTime deadline) {
  Rehosted result;
  if (!is_enabled_) co_return result;
  const bool are_too_many = urls.size() > providers::max_outputs;
  if (are_too_many) urls.resize(providers::max_outputs);
  std::vector<HostedUrls> hosted(urls.size());
  std::vector<Outcome> outcomes(urls.size(), Outcome::failed);
  co_await concurrently(urls.size(), at_once, [&](std::size_t i) -> Task<void> {
    auto outcome = co_await one(urls[i], making, age, deadline, hosted[i]);
    outcomes[i] = outcome;
  });
  for (auto& each : hosted) result.hosted.merge(each);
  result.any_pending = std::count(outcomes.begin(), outcomes.end(), Outcome::pending) > 0;
  result.any_failed = are_too_many || std::count(outcomes.begin(), outcomes.end(), Outcome::failed) > 0;
  co_return result;
}

Task<Rehost::Outcome> Rehost::one(const std::string& url, const Making& making, OutputAge age, SteadyTime deadline,
                                  HostedUrls& hosted) {
  if (urls_.hosted_target(url)) co_return Outcome::no_image;  // ours already
  Result<jobs::Fetched> fetched = jobs::Fetched{};
  if (is_data_uri(url)) {
    fetched = co_await take_inline(url, making);
  } else {
    fetched = co_await fetch(url, making, age, deadline);
  }
  if (fetched && fetched->image) hosted.emplace(url, shown(*fetched->image));
  co_return judge(fetched, making.provider);
}

Rehost::Outcome Rehost::judge(const Result<jobs::Fetched>& fetched, const std::string& provider) {
  Outcome outcome = Outcome::pending;
  std::optional<Error> problem;
  if (!fetched) problem = fetched.error();
  if (fetched && fetched->failed) problem = fetched->failed;
  if (problem) outcome = is_no_image(*problem) ? Outcome::no_image : Outcome::failed;
  if (fetched && fetched->image) outcome = Outcome::hosted;
  constexpr const char* words[] = {"hosted", "pending", "failed", "no_image"};
  metrics_
      .counter("lightfast_dropin_outputs_total", "Outputs in answers of drop-in endpoints, by what became of them.",
               {{"provider", provider}, {"outcome", words[static_cast<int>(outcome)]}})
      .add();
  if (outcome == Outcome::failed) {
    log_.warning("a drop-in's output could not be hosted yet", {{"provider", provider}, {"reason", explain(*problem)}});
  }
  return outcome;
}

Task<Result<jobs::Fetched>> Rehost::fetch(std::string url, const Making& making, OutputAge age, SteadyTime deadline) {
  jobs::JobRequest request;
  request.facts = facts_of(making);
  request.source_url = std::move(url);
  request.keep_source_on_failure = true;
  request.is_fresh = age == OutputAge::fresh;
  request.is_paid_by_us = making.is_paid_by_us;
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - clock_.steady_now());
  auto fetched = co_await jobs_.fetch_once(std::move(request), std::max(left, milliseconds(1)), making.reach);
  co_return fetched;
}

// The same bytes again are the same image: so it is also when the answer is asked for again.
Task<Result<jobs::Fetched>> Rehost::take_inline(std::string uri, const Making& making) {
  const auto limit = ingest_.limits().image.max_bytes;
  auto data = co_await workers_.run([&] { return parse_data_uri(uri, limit); });
  if (!data) co_return data.error();
  ingest::NewImage facts = facts_of(making);
  facts.origin = db::Origin::import;
  auto stored = co_await ingest_.store_bytes(data->bytes, std::move(facts));
  if (!stored) co_return stored.error();
  co_return jobs::Fetched{std::move(stored->image), std::nullopt};
}

Task<Result<HostedImage>> Rehost::base64(std::string text, Making making) {
  const auto limit = ingest_.limits().image.max_bytes;
  auto data = co_await workers_.run([&] { return parse_inline_bytes(text, limit); });
  Result<jobs::Fetched> fetched = data ? Result<jobs::Fetched>(jobs::Fetched{}) : data.error();
  if (data) {
    auto stored = co_await ingest_.store_bytes(data->bytes, facts_of(making));
    if (stored) fetched->image = std::move(stored->image);
    if (!stored) fetched = stored.error();
  }
  judge(fetched, making.provider);
  if (!fetched) co_return fetched.error();
  co_return shown(*fetched->image);
}

ingest::NewImage Rehost::facts_of(const Making& making) const {
  ingest::NewImage facts;
  facts.user = making.user;
  facts.origin = db::Origin::generate;
  facts.source.provider = making.provider;
  facts.source.model = kept(making.model);
  facts.source.prediction_id = kept(making.prediction_id);
  facts.source.prompt = kept(making.prompt);
  facts.source.provider_response = making.raw;
  facts.source.details = making.details;
  return facts;
}

HostedImage Rehost::shown(const db::ImageRecord& image) const {
  return {urls_.image_url(image), image.content_type, image.file_size};
}

}  // namespace lightfast::proxy
