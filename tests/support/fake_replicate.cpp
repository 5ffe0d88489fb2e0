#include "tests/support/fake_replicate.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>

#include "tests/support/fixture_images.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::size_t page_size = 100;

ServedAnswer json_answer(int status, const json::value& body, const std::string& headers = "") {
  return answer(status, json::serialize(body), "Content-Type: application/json\r\n" + headers);
}

ServedAnswer not_found() {
  return json_answer(404, {{"detail", "The requested resource could not be found."}, {"status", 404}});
}

Fault problem(int status, const std::string& title, const std::string& detail) {
  return {.status = status,
          .body = json::serialize(json::value{{"title", title}, {"detail", detail}, {"status", status}})};
}

std::string iso_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
  return text;
}

std::string header_of(const ServedRequest& request, const std::string& lower_case_name) {
  const auto found = request.headers.find(lower_case_name);
  return found == request.headers.end() ? "" : found->second;
}

// `Prefer: wait` or `wait=n`; nullopt where the caller does not wait.
std::optional<std::chrono::seconds> wait_of(const ServedRequest& request) {
  const std::string prefer = header_of(request, "prefer");
  if (!prefer.starts_with("wait")) return std::nullopt;
  return prefer.starts_with("wait=") ? std::chrono::seconds(std::stoi(prefer.substr(5))) : 60s;
}

bool is_final(const std::string& status) {
  return status != "starting" && status != "processing";
}

// 26 characters, as real ids have, and sorting by number.
std::string prediction_id(std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return "fakeprediction" + std::string(12 - digits.size(), '0') + digits;
}

std::string between(const std::string& text, const std::string& prefix, const std::string& suffix) {
  if (!text.starts_with(prefix) || !text.ends_with(suffix) || text.size() <= prefix.size() + suffix.size()) return "";
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

}  // namespace

Fault unauthenticated() {
  return problem(401, "Unauthenticated", "You did not pass an authentication token");
}

Fault insufficient_credit() {
  return problem(402, "Insufficient credit", "You have insufficient credit to run this model.");
}

Fault input_rejected(const std::string& detail) {
  const json::value body = {{"title", "Input validation failed"},
                            {"detail", "- " + detail + "\n"},
                            {"status", 422},
                            {"invalid_fields", {{{"type", "required"}, {"field", ""}, {"description", detail}}}}};
  return {.status = 422, .body = json::serialize(body)};
}

Fault throttled(std::optional<int> retry_after_header, int seconds_in_text) {
  const int seconds = retry_after_header.value_or(seconds_in_text);
  Fault fault = problem(429, "Request was throttled",
                        "Request was throttled. Your rate limit resets in ~" + std::to_string(seconds) + "s.");
  if (retry_after_header) fault.headers += "retry-after: " + std::to_string(*retry_after_header) + "\r\n";
  return fault;
}

Fault server_error(int status) {
  return {.status = status, .body = "<html>oops</html>", .headers = ""};
}
Fault connection_reset() {
  return {.kind = Fault::Kind::reset};
}
Fault accepted_then_reset() {
  return {.kind = Fault::Kind::accept_then_reset};
}

FakeReplicate::FakeReplicate(std::string token)
    : token_(std::move(token)), server_([this](const ServedRequest& request) { return handle(request); }) {}

FakeReplicate::~FakeReplicate() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void FakeReplicate::script(PredictionScript script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void FakeReplicate::script_next(PredictionScript script) {
  const std::lock_guard lock(mutex_);
  next_scripts_.push_back(std::move(script));
}

void FakeReplicate::fail_creates(std::vector<Fault> faults) {
  const std::lock_guard lock(mutex_);
  create_faults_.insert(create_faults_.end(), faults.begin(), faults.end());
}

void FakeReplicate::fail_polls(std::vector<Fault> faults) {
  const std::lock_guard lock(mutex_);
  poll_faults_.insert(poll_faults_.end(), faults.begin(), faults.end());
}

void FakeReplicate::when_created(std::function<void(const std::string&)> action) {
  const std::lock_guard lock(mutex_);
  when_created_ = std::move(action);
}

std::string FakeReplicate::host(FakeFile file, const std::string& name) {
  const std::string target = "/xezq/" + std::to_string(++hosted_) + "/" + name;
  files_.put(target, std::move(file));
  return server_.url(target);
}

void FakeReplicate::forget() {
  files_.expire_all();
  const std::lock_guard lock(mutex_);
  for (auto& [id, prediction] : predictions_) prediction.data_removed = prediction.ended.has_value();
}

ServedAnswer FakeReplicate::handle(const ServedRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path.starts_with("/xezq/")) return files_.answer(request);
  const std::string authorization = header_of(request, "authorization");
  if (authorization != "Bearer " + token_ && authorization != "Token " + token_) {
    const Fault fault = unauthenticated();
    return answer(fault.status, fault.body, fault.headers);
  }
  return path.starts_with("/v1/") ? handle_api(request, path.substr(3)) : not_found();
}

ServedAnswer FakeReplicate::handle_api(const ServedRequest& request, const std::string& path) {
  if (request.method == "POST") {
    const std::string canceled = between(path, "/predictions/", "/cancel");
    if (!canceled.empty()) return cancel(canceled);
    return path.ends_with("/predictions") ? create(request, path) : not_found();
  }
  if (request.method != "GET") return json_answer(405, {{"detail", "Method not allowed"}});
  if (path == "/account") return json_answer(200, {{"type", "user"}, {"username", "somebody"}});
  if (path == "/webhooks/default/secret") return json_answer(200, {{"key", webhook_secret_}});
  if (path == "/predictions") return list(request.target);
  const std::string id = between(path, "/predictions/", "");
  return id.empty() ? not_found() : poll(id);
}

ServedAnswer FakeReplicate::create(const ServedRequest& request, const std::string& path) {
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  Fault fault{.status = 200};
  bool failing = false;
  {
    const std::lock_guard lock(mutex_);
    ++create_requests_;
    if (const auto taken = take_fault(create_faults_)) {
      fault = *taken;
      failing = true;
    }
  }
  if (failing && fault.kind == Fault::Kind::answer) return answer(fault.status, fault.body, fault.headers);
  if (failing && fault.kind == Fault::Kind::reset) return {.then = ServedAnswer::Then::reset};
  if (error || !body.is_object()) return json_answer(400, {{"detail", "the body is no JSON object"}});
  if (!body.get_object().contains("input")) {
    const Fault rejected = input_rejected("input is required");
    return answer(rejected.status, rejected.body, rejected.headers);
  }

  Prediction prediction{.request = request, .body = body.get_object()};
  prediction.model = between(path, "/models/", "/predictions");
  prediction.version = prediction.model.empty() ? "" : "hidden";
  if (const auto* version = prediction.body.if_contains("version")) {
    prediction.version = std::string(version->as_string());
  }
  if (path == "/predictions" && prediction.version.empty()) {
    const Fault rejected = problem(422, "Invalid version or not permitted", "The specified version does not exist.");
    return answer(rejected.status, rejected.body, rejected.headers);
  }
  const std::string id = accept(std::move(prediction));
  if (failing) return {.then = ServedAnswer::Then::reset};
  return answer_create(id, request);
}

std::string FakeReplicate::accept(Prediction prediction) {
  std::unique_lock lock(mutex_);
  const std::uint32_t number = ++created_;
  prediction.id = prediction_id(number);
  prediction.script = take_script();
  const auto when_created = when_created_;
  lock.unlock();

  // A script may host files or take its time: not under the lock.
  const auto& output = prediction.script.output;
  prediction.output = output ? output(number) : json::value(json::array{host({.bytes = png(number)})});
  const std::string id = prediction.id;
  lock.lock();
  add(std::move(prediction));
  lock.unlock();
  if (when_created) when_created(id);
  return id;
}

void FakeReplicate::add(Prediction prediction) {
  prediction.created_at = std::chrono::system_clock::now();
  prediction.ends_at = std::chrono::steady_clock::now() + prediction.script.duration;
  predictions_.emplace(prediction.id, std::move(prediction));
  most_open_ = std::max(most_open_, count_open());
}

ServedAnswer FakeReplicate::answer_create(const std::string& id, const ServedRequest& request) {
  std::unique_lock lock(mutex_);
  Prediction& prediction = predictions_.at(id);
  const auto wait = wait_of(request);
  if (wait && prediction.script.statuses.empty()) {
    const auto until = std::min(prediction.ends_at, std::chrono::steady_clock::now() + *wait);
    changed_.wait_until(lock, until, [&] { return stopping_ || prediction.ended; });
  }
  std::string status = "starting";
  if (wait || prediction.ended || !prediction.script.statuses.empty()) status = advance(prediction);
  // Waiting in vain is told as "starting", even of what runs.
  if (wait && prediction.script.statuses.empty() && !is_final(status)) status = "starting";
  const bool done = is_final(status);
  json::object body = json_of(prediction, status);
  if (done && wait && prediction.script.wait_shows_processing) {
    body["status"] = "processing";
    body.erase("completed_at");
    body.erase("metrics");
  }
  return json_answer(done ? 201 : 202, body, "Location: " + server_.url("/v1/predictions/" + id) + "\r\n");
}

ServedAnswer FakeReplicate::poll(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ++polls_;
  if (const auto fault = take_fault(poll_faults_)) {
    if (fault->kind != Fault::Kind::answer) return {.then = ServedAnswer::Then::reset};
    return answer(fault->status, fault->body, fault->headers);
  }
  Prediction* prediction = find(id);
  return prediction ? json_answer(200, json_of(*prediction, advance(*prediction))) : not_found();
}

ServedAnswer FakeReplicate::cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Prediction* prediction = find(id);
  if (!prediction) return not_found();
  ++cancels_;
  if (!prediction->ended) end(*prediction, "canceled");
  return json_answer(200, json_of(*prediction, *prediction->ended));
}

// Newest first, 100 a page; `next` and `previous` are absolute URLs.
ServedAnswer FakeReplicate::list(const std::string& target) const {
  const std::lock_guard lock(mutex_);
  const std::size_t at = target.find("cursor=");
  const std::size_t skipped = at == std::string::npos ? 0 : std::stoul(target.substr(at + 7));
  json::array results;
  std::size_t index = 0;
  for (auto entry = predictions_.rbegin(); entry != predictions_.rend(); ++entry, ++index) {
    if (index < skipped || index >= skipped + page_size) continue;
    const Prediction& prediction = entry->second;
    results.push_back(json_of(prediction, prediction.ended.value_or("processing")));
  }
  const auto page_url = [&](std::size_t cursor) {
    return json::value(server_.url("/v1/predictions?cursor=" + std::to_string(cursor)));
  };
  const bool more = skipped + page_size < predictions_.size();
  return json_answer(200, {{"previous", skipped == 0 ? json::value(nullptr) : page_url(skipped - page_size)},
                           {"next", more ? page_url(skipped + page_size) : json::value(nullptr)},
                           {"results", results}});
}

std::optional<Fault> FakeReplicate::take_fault(std::deque<Fault>& faults) {
  if (faults.empty()) return std::nullopt;
  Fault fault = std::move(faults.front());
  faults.pop_front();
  return fault;
}

PredictionScript FakeReplicate::take_script() {
  if (next_scripts_.empty()) return script_;
  PredictionScript script = std::move(next_scripts_.front());
  next_scripts_.pop_front();
  return script;
}

FakeReplicate::Prediction* FakeReplicate::find(const std::string& id) {
  const auto found = predictions_.find(id);
  return found == predictions_.end() ? nullptr : &found->second;
}

std::string FakeReplicate::advance(Prediction& prediction) {
  const auto& statuses = prediction.script.statuses;
  if (prediction.ended) return *prediction.ended;
  if (prediction.shown < statuses.size()) return statuses[prediction.shown++];
  if (statuses.empty() && std::chrono::steady_clock::now() < prediction.ends_at) return "processing";
  end(prediction, prediction.script.final_status);
  return *prediction.ended;
}

void FakeReplicate::end(Prediction& prediction, const std::string& status) {
  prediction.ended = status;
  changed_.notify_all();
}

json::object FakeReplicate::json_of(const Prediction& prediction, const std::string& status) const {
  const bool done = is_final(status);
  json::value output = done ? prediction.output : prediction.script.partial_output;
  if (done && status != "succeeded" && !prediction.script.output) output = nullptr;
  const std::string url = server_.url("/v1/predictions/" + prediction.id);
  json::object body = {
      {"id", prediction.id},
      {"model", prediction.model},
      {"version", prediction.version},
      {"input", prediction.data_removed ? json::value(json::object{}) : prediction.body.at("input")},
      {"logs", ""},
      {"output", prediction.data_removed ? json::value(nullptr) : output},
      {"data_removed", prediction.data_removed},
      {"error", done ? prediction.script.error : json::value(nullptr)},
      {"status", status},
      {"source", "api"},
      {"created_at", iso_time(prediction.created_at)},
      {"urls", {{"get", url}, {"cancel", url + "/cancel"}, {"web", "https://replicate.com/p/" + prediction.id}}}};
  if (done) {
    body["started_at"] = iso_time(prediction.created_at);
    body["completed_at"] = iso_time(std::chrono::system_clock::now());
    body["metrics"] = {{"predict_time", 0.5}, {"total_time", 0.6}};
  }
  return body;
}

void FakeReplicate::set_status(const std::string& id, const std::string& status) {
  const std::lock_guard lock(mutex_);
  Prediction& prediction = predictions_.at(id);
  if (is_final(status)) return end(prediction, status);
  prediction.script.statuses = {status};
  prediction.shown = 0;
}

Webhook FakeReplicate::webhook_of(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const Prediction& prediction = predictions_.at(id);
  return {.id = "msg_" + id,
          .body = json::serialize(json_of(prediction, prediction.ended.value_or("processing"))),
          .secret = webhook_secret_};
}

int FakeReplicate::creates() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(predictions_.size());
}

int FakeReplicate::create_requests() const {
  const std::lock_guard lock(mutex_);
  return create_requests_;
}

int FakeReplicate::polls() const {
  const std::lock_guard lock(mutex_);
  return polls_;
}

int FakeReplicate::cancels() const {
  const std::lock_guard lock(mutex_);
  return cancels_;
}

int FakeReplicate::count_open() const {
  const auto now = std::chrono::steady_clock::now();
  return static_cast<int>(std::count_if(predictions_.begin(), predictions_.end(), [&](const auto& entry) {
    const Prediction& prediction = entry.second;
    return !prediction.ended && (!prediction.script.statuses.empty() || now < prediction.ends_at);
  }));
}

int FakeReplicate::open_predictions() const {
  const std::lock_guard lock(mutex_);
  return count_open();
}

int FakeReplicate::most_open_predictions() const {
  const std::lock_guard lock(mutex_);
  return most_open_;
}

std::vector<std::string> FakeReplicate::ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, prediction] : predictions_) ids.push_back(id);
  return ids;
}

json::object FakeReplicate::create_body(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return predictions_.at(id).body;
}

std::string FakeReplicate::create_header(const std::string& id, const std::string& lower_case_name) const {
  const std::lock_guard lock(mutex_);
  return header_of(predictions_.at(id).request, lower_case_name);
}

}  // namespace lightfast::test
