#include "server/secrets.h"

#include <algorithm>
#include <filesystem>

#include "db/access.h"
#include "server/guard/api_keys.h"
#include "server/guard/generated_key.h"

namespace lightfast {
namespace {

Result<bool> has_living_keys(App& app) {
  return db::read(app.database(), [now = app.clock().now()](const db::Session& session) -> Result<bool> {
    auto keys = session.api_keys().list();
    if (!keys) return keys.error();
    return std::any_of(keys->begin(), keys->end(), [&](const auto& key) { return guard::is_living(key, now); });
  });
}

Result<std::vector<std::string>> load_api_keys(App& app) {
  if (!app.config().api_keys.empty()) return app.config().api_keys;
  const std::filesystem::path& file = app.layout().api_key;
  if (std::error_code missing; !std::filesystem::exists(file, missing)) {
    auto has_keys = has_living_keys(app);
    if (!has_keys && !app.database().require_changeable()) return std::vector<std::string>();  // damaged
    if (!has_keys) return has_keys.error();
    if (*has_keys) return std::vector<std::string>();
  }
  auto generated = guard::generated_key(file);
  if (!generated) return generated.error();
  app.log().info(generated->is_new ? "made an API key" : "using the generated API key", {{"file", file.string()}});
  return std::vector<std::string>{generated->key};
}

}  // namespace

Result<std::vector<std::string>> load_signing_keys(App& app) {
  if (!app.config().url_signing_keys.empty()) return app.config().url_signing_keys;
  const auto known =
      db::read(app.database(), [](const db::Session& session) { return session.settings().find("url_signing_key"); });
  if (known && *known) return std::vector<std::string>{**known};
  if (!app.database().require_changeable()) {
    app.log().warning("the key that signs URLs cannot be read; until the database is restored, signed URLs fail");
    return std::vector<std::string>{guard::make_api_key()};
  }
  return db::commit_blocking(app.database(), [](db::Session& session) -> Result<std::vector<std::string>> {
    auto found = session.settings().find("url_signing_key");
    if (!found) return found.error();
    if (*found) return std::vector<std::string>{**found};
    std::string key = guard::make_api_key();
    if (auto kept = session.settings().set("url_signing_key", key); !kept) return kept.error();
    return std::vector<std::string>{std::move(key)};
  });
}

Result<Secrets> load_secrets(App& app) {
  auto api_keys = load_api_keys(app);
  if (!api_keys) return api_keys.error();
  auto signing_keys = load_signing_keys(app);
  if (!signing_keys) return signing_keys.error();
  return Secrets{std::move(*api_keys), std::move(*signing_keys)};
}

}  // namespace lightfast
