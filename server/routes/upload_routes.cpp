#include "server/routes/upload_routes.h"

#include <boost/json.hpp>

#include "base/data_uri.h"
#include "server/http/multipart.h"
#include "server/images/image_json.h"
#include "server/ingest/new_image_fields.h"
#include "server/routes/idempotency.h"
#include "server/routes/request_fields.h"
#include "server/routes/upload_body.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

constexpr std::uint64_t json_memory_bytes = 512ull << 20;
constexpr std::uint64_t json_overhead_bytes = 256 * 1024;  // the other members beside the data
constexpr std::size_t max_files = 100;
constexpr std::size_t max_field_bytes = 64 * 1024;

std::uint64_t json_limit(std::uint64_t max_image_bytes) {
  return max_image_bytes / 3 * 4 + json_overhead_bytes;
}

bool is_json(const http::Request& request) {
  const std::string* type = request.headers.find("Content-Type");
  return type != nullptr && type->starts_with("application/json");
}

// Whose the images are, as far as the query says or the key: the body may say it too.
Result<std::optional<UserId>> user_before_body(const json::object& query, const guard::Caller& caller) {
  if (!query.contains("user_id")) return caller.user;
  auto user = member_user(query, caller);
  if (!user) return user.error();
  return std::optional(std::move(*user));
}

// What makes two uploads the same: what is said of the images, and their bytes, in order.
std::string identity_of(const ingest::NewImage& facts, const std::vector<ingest::SpooledBytes>& files) {
  std::string text = json::serialize(ingest::new_image_members(facts));
  for (const auto& file : files) text += "\n" + file.sha256.hex();
  return text;
}

}  // namespace

UploadRoutes::UploadRoutes(ingest::IngestService& ingest, jobs::Once& once, const images::ImageUrls& urls)
    : ingest_(ingest), once_(once), urls_(urls), json_memory_(json_memory_bytes) {}

std::uint64_t UploadRoutes::body_limit() const {
  return max_files * ingest_.limits().image.max_bytes;
}

Task<Result<http::Response>> UploadRoutes::upload(http::Request& request, guard::Caller caller) {
  if (auto announced = require_body(request); !announced) co_return announced.error();
  if (auto configured = urls_.require_configured(); !configured) co_return configured.error();
  auto gathered = co_await gather(request, caller);
  if (!gathered) co_return gathered.error();
  auto key = idempotency_key(request, identity_of(gathered->facts, gathered->files), caller);
  if (!key) co_return key.error();
  auto answer = co_await once_.run(std::move(*key), [&] { return store_all(std::move(*gathered)); });
  if (!answer) co_return answer.error();
  auto response = http::json_response(answer->status, answer->json);
  if (answer->status == 201) {
    response.headers.set("Location", std::string(json::parse(answer->json).at("url").as_string()));
  }
  co_return response;
}

Task<Result<UploadRoutes::Gathered>> UploadRoutes::gather(http::Request& request, const guard::Caller& caller) {
  const std::string* type = request.headers.find("Content-Type");
  auto boundary = type == nullptr ? std::nullopt : http::multipart_boundary(*type);
  if (boundary) co_return co_await gather_multipart(request, caller, std::move(*boundary));
  if (type != nullptr && type->starts_with("multipart/")) {
    co_return Error{Errc::invalid_request, "a form must be multipart/form-data with a boundary"};
  }
  if (is_json(request)) co_return co_await gather_json(request, caller);
  co_return co_await gather_raw(request, caller);
}

Task<Result<UploadRoutes::Gathered>> UploadRoutes::gather_raw(http::Request& request, const guard::Caller& caller) {
  auto members = members_from_text(request.query.all());
  if (!members) co_return members.error();
  auto facts = new_image(*members, caller);
  if (!facts) co_return facts.error();
  auto admitted = co_await admit_body(ingest_, request, facts->user, ingest_.limits().image.max_bytes);
  if (!admitted) co_return admitted.error();
  auto bytes = co_await spool_body(ingest_, *request.body);
  if (!bytes) co_return bytes.error();
  Gathered gathered{{}, std::move(*facts)};
  gathered.files.push_back(std::move(*bytes));
  co_return gathered;
}

Task<Result<UploadRoutes::Gathered>> UploadRoutes::gather_json(http::Request& request, const guard::Caller& caller) {
  auto said = members_from_text(request.query.all());
  if (!said) co_return said.error();
  auto user = user_before_body(*said, caller);
  if (!user) co_return user.error();
  const std::uint64_t limit = json_limit(ingest_.limits().image.max_bytes);
  auto announced = co_await admit_body(ingest_, request, std::move(*user), limit);
  if (!announced) co_return announced.error();
  auto memory = json_memory_.take(std::min(limit, request.body->content_length().value_or(limit)));
  if (!memory) co_return memory.error();
  auto text = co_await http::read_all(*request.body, limit);
  if (!text) co_return text.error();
  auto members = parse_object(*text);
  if (!members) co_return members.error();
  for (const auto& member : *said) members->insert(member);  // what the body says itself counts
  text->clear();
  text->shrink_to_fit();
  auto facts = new_image(*members, caller);
  if (!facts) co_return facts.error();
  auto data = string_member(*members, "data");
  if (!data) co_return data.error();
  if (!*data) co_return Error{Errc::invalid_request, "`data` is missing: base64 or a data: URI of the image"};
  auto bytes = parse_inline_bytes(**data, ingest_.limits().image.max_bytes);
  if (!bytes) co_return bytes.error();
  auto admitted = co_await ingest_.admit(facts->user, bytes->bytes.size());
  if (!admitted) co_return admitted.error();

  auto spool = co_await ingest_.open_spool();
  if (!spool) co_return spool.error();
  auto appended = co_await ingest_.append(*spool, std::as_bytes(std::span(bytes->bytes)));
  if (!appended) co_return appended.error();
  Gathered gathered{{}, std::move(*facts)};
  gathered.files.push_back(spool->finish());
  co_return gathered;
}

Task<Result<UploadRoutes::Gathered>> UploadRoutes::gather_multipart(http::Request& request, const guard::Caller& caller,
                                                                    std::string boundary) {
  auto fields = request.query.all();
  auto members = members_from_text(fields);
  if (!members) co_return members.error();
  auto user = user_before_body(*members, caller);
  if (!user) co_return user.error();
  auto admitted = co_await admit_body(ingest_, request, std::move(*user), body_limit());
  if (!admitted) co_return admitted.error();

  http::MultipartParser parser(std::move(boundary));
  std::vector<ingest::SpooledBytes> files;
  std::optional<ingest::SpoolWriter> spool;
  std::string field;
  for (;;) {
    auto event = parser.next();
    if (!event) co_return event.error();
    if (*event == http::MultipartParser::Event::end) break;
    switch (*event) {
      case http::MultipartParser::Event::need_more: {
        auto piece = co_await request.body->read();
        if (!piece) co_return piece.error();
        if (piece->empty())
          parser.finish();
        else
          parser.feed(*piece);
        break;
      }
      case http::MultipartParser::Event::part_begin: {
        field.clear();
        if (!parser.part().filename) break;
        if (files.size() == max_files) co_return Error{Errc::invalid_request, "at most 100 files in one upload"};
        auto opened = co_await ingest_.open_spool();
        if (!opened) co_return opened.error();
        spool.emplace(std::move(*opened));
        break;
      }
      case http::MultipartParser::Event::data: {
        const auto data = parser.data();
        if (spool) {
          auto appended = co_await ingest_.append(*spool, data);
          if (!appended) co_return appended.error();
        } else {
          field.append(reinterpret_cast<const char*>(data.data()), data.size());
          if (field.size() > max_field_bytes) co_return Error{Errc::too_large, "a form field is over 65536 bytes"};
        }
        break;
      }
      case http::MultipartParser::Event::part_end:
        if (spool)
          files.push_back(spool->finish());
        else
          fields.emplace_back(parser.part().name, field);
        spool.reset();
        break;
      case http::MultipartParser::Event::end: break;
    }
  }
  if (files.empty()) co_return Error{Errc::invalid_request, "the form holds no file"};
  members = members_from_text(fields);
  if (!members) co_return members.error();
  auto facts = new_image(*members, caller);
  if (!facts) co_return facts.error();
  co_return Gathered{std::move(files), std::move(*facts)};
}

Task<Result<jobs::Answer>> UploadRoutes::store_all(Gathered gathered) {
  gathered.facts.origin = db::Origin::upload;
  json::array shown, failed;
  std::optional<Error> first_error;
  bool any_new = false;
  for (std::size_t i = 0; i < gathered.files.size(); ++i) {
    auto stored = co_await ingest_.store(std::move(gathered.files[i]), gathered.facts);
    if (stored) {
      any_new = any_new || !stored->existed;
      shown.push_back(images::image_json(stored->image, urls_, ingest_.limits().retention));
    } else {
      if (!first_error) first_error = stored.error();
      failed.push_back({{"index", i},
                        {"source_url", nullptr},
                        {"code", to_string(stored.error().code)},
                        {"detail", stored.error().detail}});
    }
  }
  if (shown.empty()) co_return *first_error;
  json::object object = shown.front().as_object();
  object["images"] = std::move(shown);
  if (!failed.empty()) object["failed"] = std::move(failed);
  co_return jobs::Answer{any_new ? 201 : 200, json::serialize(object)};
}

}  // namespace lightfast::routes
