#include "server/admin/import_command.h"

#include <boost/json.hpp>

#include "base/concurrently.h"
#include "base/data_uri.h"
#include "base/json_members.h"
#include "db/access.h"
#include "server/ingest/new_image_fields.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t at_once = 16;

}  // namespace

ImportCommand::ImportCommand(ingest::IngestService& ingest, ingest::Downloader& downloader, db::Database& database,
                             Workers& readers, const images::ImageUrls& urls)
    : ingest_(ingest), downloader_(downloader), database_(database), readers_(readers), urls_(urls) {}

Task<Result<json::value>> ImportCommand::run(json::object arguments, Reply& reply) {
  if (auto configured = urls_.require_configured(); !configured) co_return configured.error();
  const auto* items = arguments.if_contains("items");
  if (items == nullptr || !items->is_array()) co_return wrong_member("items", "a list of objects");
  const json::array& wanted = items->as_array();
  json::array results(wanted.size());
  reply.progress.begin("importing", wanted.size());
  co_await concurrently(wanted.size(), at_once, [&](std::size_t i) -> Task<void> {
    if (!wanted[i].is_object()) {
      results[i] = {{"old", nullptr}, {"code", "invalid_request"}, {"error", "an item must be an object"}};
      co_return;
    }
    const json::object& item = wanted[i].as_object();
    const auto* url = item.if_contains("url");
    auto stored = co_await import(item);
    ++reply.progress.done;
    json::object result{{"old", url == nullptr ? json::value(nullptr) : *url}};
    if (stored) {
      result["new"] = urls_.image_url(stored->image);
      result["id"] = stored->image.id.str();
      result["existed"] = stored->existed;
    } else {
      result["code"] = to_string(stored.error().code);
      result["error"] = stored.error().detail;
    }
    results[i] = std::move(result);
  });
  co_return json::value{{"results", std::move(results)}};
}

Task<Result<std::optional<db::ImageRecord>>> ImportCommand::find_imported(UserId user, std::string url) {
  auto found = co_await readers_.run([&] {
    return db::read(database_, [&](const db::Session& session) { return session.images().find_by_source(user, url); });
  });
  co_return found;
}

Task<Result<ingest::StoredImage>> ImportCommand::import(const json::object& item) {
  auto user_text = string_member(item, "user_id");
  if (!user_text) co_return user_text.error();
  auto user = *user_text ? UserId::parse(**user_text) : Result<UserId>(UserId::fallback());
  if (!user) co_return user.error();
  auto facts = ingest::read_new_image(item, *user);
  if (!facts) co_return facts.error();
  facts->origin = db::Origin::import;
  auto url = string_member(item, "url");
  if (!url) co_return url.error();
  if (!*url || (*url)->empty()) co_return wrong_member("url", "where the image lies, or a data: URI");

  auto admitted = co_await ingest_.admit_output(*user);
  if (!admitted) co_return admitted.error();
  if (is_data_uri(**url)) {
    auto bytes = parse_data_uri(**url, ingest_.limits().image.max_bytes);
    if (!bytes) co_return bytes.error();
    auto stored = co_await ingest_.store_bytes(bytes->bytes, std::move(*facts));
    co_return stored;
  }
  auto imported = co_await find_imported(*user, **url);
  if (!imported) co_return imported.error();
  if (*imported && !(*imported)->damaged_at) co_return ingest::StoredImage{std::move(**imported), true};
  facts->source.source_url = **url;
  ingest::DownloadRequest request{.url = **url};
  auto download = co_await downloader_.download(std::move(request));
  if (!download) co_return download.error();
  auto stored = co_await ingest_.store(std::move(download->bytes), std::move(*facts));
  co_return stored;
}

}  // namespace lightfast::admin
