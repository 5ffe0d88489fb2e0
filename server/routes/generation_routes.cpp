#include "server/routes/generation_routes.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/concurrently.h"
#include "base/data_uri.h"
#include "base/http_url.h"
#include "server/http/error_response.h"
#include "server/images/image_json.h"
#include "server/routes/idempotency.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

constexpr std::size_t max_generate_items = 100;
constexpr std::size_t max_import_items = 1000;
constexpr std::size_t max_attempts = 10;
constexpr std::uint64_t generation_body_limit = 16 << 20;  // `input` may hold images as data: URIs
constexpr std::size_t import_concurrency = 16;

// Prefer: respond-async (RFC 7240 section 4.1), among other preferences perhaps.
bool wants_async(const http::Request& request) {
  return request.headers.combined("Prefer").find("respond-async") != std::string::npos;
}

Result<std::string> input_text(const json::object& object) {
  const auto* input = object.if_contains("input");
  if (input == nullptr || input->is_null()) return std::string("{}");
  if (!input->is_object()) return Error{Errc::invalid_request, "`input` must be an object"};
  return json::serialize(*input);
}

Result<jobs::Attempt> read_attempt(const json::object& object, std::string_view provider_member) {
  jobs::Attempt attempt;
  for (const auto& [name, field] :
       {std::pair{provider_member, &attempt.provider}, {std::string_view("model"), &attempt.model}}) {
    auto text = string_member(object, name);
    if (!text) return text.error();
    if (*text) *field = std::move(**text);
  }
  auto input = input_text(object);
  if (!input) return input.error();
  attempt.input = std::move(*input);
  return attempt;
}

Result<std::vector<jobs::Attempt>> read_attempts(const json::object& members) {
  std::vector<jobs::Attempt> attempts;
  const auto* providers = members.if_contains("providers");
  if (providers == nullptr || providers->is_null()) {
    auto attempt = read_attempt(members, "provider");
    if (!attempt) return attempt.error();
    attempts.push_back(std::move(*attempt));
    return attempts;
  }
  if (!providers->is_array() || providers->as_array().empty() || providers->as_array().size() > max_attempts) {
    return Error{Errc::invalid_request, "`providers` must be a list of 1 to 10 objects"};
  }
  for (const auto& item : providers->as_array()) {
    if (!item.is_object()) return Error{Errc::invalid_request, "`providers` must hold objects {name, model, input}"};
    auto attempt = read_attempt(item.as_object(), "name");
    if (!attempt) return attempt.error();
    attempts.push_back(std::move(*attempt));
  }
  return attempts;
}

// `prompt`, else the first input's own.
std::string prompt_of(const json::object& members, const std::vector<jobs::Attempt>& attempts) {
  if (const auto* prompt = members.if_contains("prompt"); prompt != nullptr && prompt->is_string()) {
    return std::string(prompt->as_string());
  }
  for (const auto& attempt : attempts) {
    const json::value input = json::parse(attempt.input);
    const auto* prompt = input.as_object().if_contains("prompt");
    if (prompt != nullptr && prompt->is_string()) return std::string(prompt->as_string());
  }
  return {};
}

Result<std::string> webhook_member(const json::object& members) {
  auto url = string_member(members, "webhook_url");
  if (!url) return url.error();
  if (!*url) return std::string();
  if (!parse_http_url(**url)) {
    return Error{Errc::invalid_request, "`webhook_url` must be an http or https URL"};
  }
  return std::move(**url);
}

// An answer of our own, however deep what callers said of their images goes.
json::value shown(const std::string& answer) {
  json::parse_options deep;
  deep.max_depth = 100;
  boost::system::error_code problem;
  json::value value = json::parse(answer, problem, {}, deep);
  if (problem) return nullptr;
  return value;
}

json::object item_json(const Result<jobs::Answer>& outcome) {
  if (outcome) return {{"status", outcome->status}, {"image", shown(outcome->json)}};
  return {{"status", http::status_of(outcome.error().code)}, {"error", shown(http::problem_json(outcome.error()))}};
}

// A 202 says where to look on, a 201 where the image is.
http::Response response_of(jobs::Answer answer) {
  const json::value value = shown(answer.json);
  auto response = http::json_response(answer.status, std::move(answer.json));
  const auto locate = [&](std::string_view member, const std::string& before) {
    const auto* object = value.if_object();
    const auto* text = object == nullptr ? nullptr : object->if_contains(member);
    if (text != nullptr && text->is_string())
      response.headers.set("Location", before + std::string(text->get_string()));
  };
  if (answer.status == 202) {
    response.headers.set("Cache-Control", "no-store");
    locate("job_id", "/v1/jobs/");
    locate("batch_id", "/v1/jobs?batch=");
  } else if (answer.status == 201) {
    locate("url", "");
  }
  return response;
}

// The items of a body that asks for many, each read on its own; nullopt where it asks for one.
template <class Read>
Result<std::optional<std::vector<Result<jobs::JobRequest>>>> read_items(const json::object& members, std::size_t most,
                                                                        Read read) {
  std::vector<Result<jobs::JobRequest>> items;
  const auto* list = members.if_contains("items");
  if (list == nullptr || list->is_null()) return std::optional<decltype(items)>();
  if (!list->is_array() || list->as_array().empty() || list->as_array().size() > most) {
    return Error{Errc::invalid_request, "`items` must be a list of 1 to " + std::to_string(most) + " objects"};
  }
  for (const auto& item : list->as_array()) {
    if (item.is_object())
      items.push_back(read(item.as_object()));
    else
      items.push_back(Error{Errc::invalid_request, "`items` must hold objects"});
  }
  return std::optional(std::move(items));
}

}  // namespace

GenerationRoutes::GenerationRoutes(jobs::JobService& jobs, jobs::Once& once, ingest::IngestService& ingest,
                                   const providers::Registry& providers, OwnImages& own_images,
                                   const images::ImageUrls& urls, const GenerationRules& rules)
    : jobs_(jobs),
      once_(once),
      ingest_(ingest),
      providers_(providers),
      own_images_(own_images),
      urls_(urls),
      rules_(rules) {}

std::uint64_t GenerationRoutes::generate_body_limit() const {
  return generation_body_limit;
}

std::uint64_t GenerationRoutes::import_body_limit() const {
  return ingest_.limits().image.max_bytes / 3 * 4 + (1 << 20);
}

Result<jobs::JobRequest> GenerationRoutes::read_generation(const json::object& members,
                                                           const guard::Caller& caller) const {
  jobs::JobRequest what;
  auto facts = new_image(members, caller);
  if (!facts) return facts.error();
  what.facts = std::move(*facts);
  what.facts.origin = db::Origin::generate;
  auto attempts = read_attempts(members);
  if (!attempts) return attempts.error();
  what.attempts = std::move(*attempts);
  what.facts.source = {};
  what.facts.source.prompt = prompt_of(members, what.attempts);
  if (what.facts.source.prompt.empty()) return Error{Errc::invalid_request, "`prompt` (or `input.prompt`) is required"};
  for (const auto& attempt : what.attempts) {
    auto provider = providers_.find(attempt.provider);
    if (!provider) return provider.error();
    if (auto fine = (*provider)->check({attempt.model, what.facts.source.prompt, attempt.input, {}, {}}); !fine)
      return fine.error();
  }
  auto webhook = webhook_member(members);
  if (!webhook) return webhook.error();
  what.webhook_url = std::move(*webhook);
  what.keep_source_on_failure = rules_.keep_source_on_failure;
  return what;
}

Result<jobs::JobRequest> GenerationRoutes::read_import(const json::object& members, const guard::Caller& caller) const {
  jobs::JobRequest what;
  auto facts = new_image(members, caller);
  if (!facts) return facts.error();
  what.facts = std::move(*facts);
  what.facts.origin = db::Origin::import;
  auto url = string_member(members, "url");
  if (!url) return url.error();
  if (!*url || (*url)->empty())
    return Error{Errc::invalid_request, "`url` is required: where the image lies, or a data: URI"};
  what.source_url = std::move(**url);
  if (!is_data_uri(what.source_url)) {
    if (auto url_parts = parse_http_url(what.source_url); !url_parts) return url_parts.error();
  }
  auto webhook = webhook_member(members);
  if (!webhook) return webhook.error();
  what.webhook_url = std::move(*webhook);
  return what;
}

Task<Result<http::Response>> GenerationRoutes::generate(http::Request& request, guard::Caller caller) {
  auto body = co_await http::read_all(*request.body, generate_body_limit());
  if (!body) co_return body.error();
  if (auto configured = urls_.require_configured(); !configured && rules_.hosting_enabled) co_return configured.error();
  auto members = parse_object(*body);
  if (!members) co_return members.error();
  auto items =
      read_items(*members, max_generate_items, [&](const json::object& item) { return read_generation(item, caller); });
  if (!items) co_return items.error();
  if (*items) {
    std::vector<jobs::JobRequest> wanted;
    for (std::size_t i = 0; i < (*items)->size(); ++i) {
      auto& item = (**items)[i];
      if (!item) co_return Error{item.error().code, "item " + std::to_string(i) + ": " + item.error().detail};
      wanted.push_back(std::move(*item));
    }
    co_return co_await submit(request, caller, *body, std::move(wanted), Reply::accepted_list);
  }
  auto what = read_generation(*members, caller);
  if (!what) co_return what.error();
  co_return co_await submit_one(request, caller, *body, std::move(*what));
}

// Rights and disk are asked before anything is paid for, but a repeated request gets its first answer whatever they
// say.
Task<Result<http::Response>> GenerationRoutes::submit(const http::Request& request, const guard::Caller& caller,
                                                      std::string_view body, std::vector<jobs::JobRequest> wanted,
                                                      Reply reply) {
  auto key = idempotency_key(request, body, caller);
  if (!key) co_return key.error();
  if (*key) {
    auto earlier = co_await jobs_.earlier_answer(**key);
    if (!earlier) co_return earlier.error();
    if (*earlier) co_return response_of(std::move(**earlier));
  }
  auto settled = co_await settle_images(wanted, caller, reply);
  if (!settled) co_return settled.error();
  jobs::JobStore::Admit admit;
  if (rules_.hosting_enabled) {
    std::map<UserId, std::uint64_t> images;
    for (const auto& what : wanted) ++images[what.facts.user];
    for (const auto& [user, count] : images) {
      auto admitted = co_await ingest_.admit_output(user);
      if (!admitted) co_return admitted.error();
    }
    if (ingest_.limits().retention.reject_over_limit) admit = admit_all(std::move(images));
  }
  auto answer = co_await jobs_.submit(std::move(wanted), std::move(*key), reply, std::move(admit));
  if (!answer) co_return answer.error();
  co_return response_of(std::move(*answer));
}

Task<Result<void>> GenerationRoutes::settle_images(std::vector<jobs::JobRequest>& wanted, const guard::Caller& caller,
                                                   Reply reply) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto settled = co_await own_images_.settle(wanted[i], caller);
    if (settled) continue;
    Error error = settled.error();
    if (reply == Reply::accepted_list) error.detail = "item " + std::to_string(i) + ": " + error.detail;
    co_return error;
  }
  co_return Result<void>();
}

// In sum, and with what is under way already: whoever is refused afterwards has paid for nothing.
jobs::JobStore::Admit GenerationRoutes::admit_all(std::map<UserId, std::uint64_t> images) const {
  return [this, images = std::move(images)](const db::Session& session) -> Result<void> {
    for (const auto& [user, count] : images) {
      auto under_way = session.jobs().count_unfinished(user, db::JobKind::generate);
      if (!under_way) return under_way.error();
      auto admitted = ingest_.check_user_limit(session, user, {count + *under_way});
      if (!admitted) return admitted.error();
    }
    return {};
  };
}

Task<Result<http::Response>> GenerationRoutes::submit_one(const http::Request& request, const guard::Caller& caller,
                                                          std::string_view body, jobs::JobRequest what) {
  std::vector<jobs::JobRequest> wanted;
  wanted.push_back(std::move(what));
  const Reply reply = wants_async(request) ? Reply::accepted : Reply::when_ended;
  auto response = co_await submit(request, caller, body, std::move(wanted), reply);
  co_return response;
}

Task<Result<http::Response>> GenerationRoutes::import(http::Request& request, guard::Caller caller) {
  auto body = co_await http::read_all(*request.body, import_body_limit());
  if (!body) co_return body.error();
  if (auto configured = urls_.require_configured(); !configured) co_return configured.error();
  auto members = parse_object(*body);
  if (!members) co_return members.error();
  auto items =
      read_items(*members, max_import_items, [&](const json::object& item) { return read_import(item, caller); });
  if (!items) co_return items.error();
  auto key = idempotency_key(request, *body, caller);
  if (!key) co_return key.error();
  if (*items) {
    auto answer = co_await once_.run(std::move(*key), [&] { return import_items(std::move(**items)); });
    if (!answer) co_return answer.error();
    co_return response_of(std::move(*answer));
  }
  auto what = read_import(*members, caller);
  if (!what) co_return what.error();
  if (is_data_uri(what->source_url)) {  // the bytes are here already: nothing to wait for, so no job
    auto answer = co_await once_.run(std::move(*key), [&] { return import_one(std::move(*what)); });
    if (!answer) co_return answer.error();
    co_return response_of(std::move(*answer));
  }
  co_return co_await submit_one(request, caller, *body, std::move(*what));
}

Task<Result<jobs::Answer>> GenerationRoutes::import_one(jobs::JobRequest what) {
  auto admitted = co_await ingest_.admit_output(what.facts.user);
  if (!admitted) co_return admitted.error();
  if (!is_data_uri(what.source_url)) {
    std::vector<jobs::JobRequest> wanted;
    wanted.push_back(std::move(what));
    auto answer = co_await jobs_.submit(std::move(wanted), std::nullopt, Reply::when_ended);
    co_return answer;
  }
  auto bytes = parse_data_uri(what.source_url, ingest_.limits().image.max_bytes);
  if (!bytes) co_return bytes.error();
  if (!what.webhook_url.empty()) what.facts.id = jobs_.promise();
  auto stored = co_await ingest_.store_bytes(bytes->bytes, what.facts);
  if (!what.webhook_url.empty()) {
    auto told = co_await jobs_.tell(std::move(what), stored);
    if (!told) co_return told.error();
  }
  if (!stored) co_return stored.error();
  auto object = images::image_json(stored->image, urls_, ingest_.limits().retention);
  object["images"] = json::array{object};
  co_return jobs::Answer{stored->existed ? 200 : 201, json::serialize(object)};
}

Task<Result<jobs::Answer>> GenerationRoutes::import_items(std::vector<Result<jobs::JobRequest>> items) {
  std::vector<Result<jobs::Answer>> outcomes(items.size(), Error{Errc::internal, "not done"});
  co_await concurrently(items.size(), import_concurrency, [&](std::size_t i) -> Task<void> {
    if (!items[i]) {
      outcomes[i] = items[i].error();
      co_return;
    }
    auto outcome = co_await import_one(std::move(*items[i]));
    outcomes[i] = std::move(outcome);
  });
  json::array results;
  for (const auto& outcome : outcomes) results.push_back(item_json(outcome));
  co_return jobs::Answer{207, json::serialize(json::object{{"results", std::move(results)}})};
}

}  // namespace lightfast::routes
