#include "server/proxy/fal_target.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/http_url.h"

namespace lightfast::proxy::fal {
namespace {

constexpr std::string_view requests = "/requests/";
constexpr std::string_view webhook = "fal_webhook=";
constexpr std::array uploads{std::string_view("/storage/upload/initiate"),
                             std::string_view("/storage/upload/initiate-multipart")};

Error refused() {
  return {Errc::invalid_request,
          "Invalid request: x-fal-target-url must be an https URL of fal.run or queue.fal.run, or where an upload to "
          "rest.fal.ai begins"};
}

// Dot segments, plain or encoded, would make another path of it on the way.
bool is_plain(std::string_view path) {
  if (path.find("//") != path.npos || path.find('%') != path.npos) return false;
  return (std::string(path) + '/').find("/../") == std::string::npos &&
         (std::string(path) + '/').find("/./") == std::string::npos;
}

bool is_upload(std::string_view path) {
  return std::find(uploads.begin(), uploads.end(), path) != uploads.end();
}

// "/fal-ai/flux/requests/{id}" and what follows.
void read_request(std::string_view method, std::string_view path, Target& target) {
  const auto at = path.find(requests);
  target.model = path.substr(1, at - 1);
  const std::string_view id = path.substr(at + requests.size());
  target.is_for_one_user = !id.empty() && id.front() != '/';
  if (method != "GET" || id.empty() || id.find('/') != id.npos) return;
  target.call = Call::result;
  target.prediction_id = id;
}

}  // namespace

Result<Target> read_target(std::string_view method, std::string_view url, const providers::FalApi& api) {
  const auto parts = parse_http_url(url);
  if (!parts || parts->scheme != "https" || parts->port != 443) return refused();
  const std::string_view path = std::string_view(parts->target).substr(0, parts->target.find('?'));
  if (!is_plain(path)) return refused();
  Target target;
  target.path = parts->target;
  if (parts->host == "rest.fal.ai" || parts->host == "rest.alpha.fal.ai") {
    if (!is_upload(path)) return refused();
    target.base_url = api.rest_url;
    target.is_for_one_user = method == "POST";
    return target;
  }
  const bool is_queue = parts->host == "queue.fal.run";
  if (!is_queue && parts->host != "fal.run") return refused();
  target.base_url = is_queue ? api.queue_url : api.run_url;
  if (is_queue && path.find(requests) != path.npos) {
    read_request(method, path, target);
  } else if (method == "POST") {
    target.call = is_queue ? Call::submit : Call::run;
    target.is_for_one_user = true;
    target.model = path.substr(1);
  }
  return target;
}

std::string with_webhook(std::string_view target, const Replace& replace) {
  const auto mark = target.find('?');
  if (mark == target.npos) return std::string(target);
  std::string changed(target.substr(0, mark));
  std::string_view query = target.substr(mark + 1);
  for (char before = '?'; !query.empty(); before = '&') {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    changed += before;
    const bool is_webhook = pair.starts_with(webhook);
    const auto url = is_webhook ? percent_decode(pair.substr(webhook.size())) : std::nullopt;
    const auto ours = url && !url->empty() ? replace(*url) : std::nullopt;
    if (ours) {
      changed.append(webhook).append(percent_encode(*ours));
    } else {
      changed += pair;
    }
  }
  return changed;
}

}  // namespace lightfast::proxy::fal
