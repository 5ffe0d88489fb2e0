#include "server/config.h"

#include <unistd.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "server/config_providers.h"
#include "server/config_reader.h"
#include "server/guard/hotlinks.h"
#include "server/http/cors.h"

namespace lightfast {
namespace {

// Where Railway's edge connects from: the shared address space of RFC 6598.
constexpr const char* railway_edge = "100.64.0.0/10";

void read_places(ConfigReader& reader, Config& config) {
  config.volume = reader.find("RAILWAY_VOLUME_MOUNT_PATH").value_or("");
  config.on_railway =
      reader.find("RAILWAY_PROJECT_ID") || reader.find("RAILWAY_ENVIRONMENT_ID") || reader.find("RAILWAY_SERVICE_ID");
  if (!config.volume.empty()) config.images = config.volume / "images";
  if (const auto path = reader.find("IMAGE_STORAGE_PATH")) config.images = *path;
  config.images = std::filesystem::absolute(config.images).lexically_normal();
  if (!config.images.has_filename()) config.images = config.images.parent_path();
  if (config.images == config.images.root_path()) {
    reader.reject("IMAGE_STORAGE_PATH", config.images.string(), "a folder below the root");
  }
  reader.show("IMAGE_STORAGE_PATH", config.images.string());

  config.database =
      config.volume.empty() ? config.images.parent_path() / "lightfast.db" : config.volume / "lightfast.db";
  if (const auto path = reader.find("DATABASE_PATH")) {
    config.database = *path;
    config.database_is_default = false;
  }
  config.database = std::filesystem::absolute(config.database).lexically_normal();
  const auto relative = config.database.lexically_relative(config.images);
  if (!relative.empty() && *relative.begin() != "..") {
    reader.reject("DATABASE_PATH", config.database.string(),
                  "a file outside IMAGE_STORAGE_PATH, where only images lie");
  }
  reader.show("DATABASE_PATH", config.database.string());
}

void read_addresses(ConfigReader& reader, Config& config) {
  if (const auto domain = reader.find("RAILWAY_PUBLIC_DOMAIN"))
    config.public_base_url = "https://" + *domain;
  else if (!config.on_railway)
    config.public_base_url = "http://localhost:" + std::to_string(config.port);
  reader.base_url("PUBLIC_BASE_URL", config.public_base_url);
  if (const auto domain = reader.find("AWS_CLOUDFRONT_DOMAIN")) config.cdn_base_url = "https://" + *domain;
  reader.base_url("CDN_BASE_URL", config.cdn_base_url);
}

void read_access(ConfigReader& reader, Config& config) {
  reader.secrets("API_KEYS", config.api_keys);
  reader.secrets("URL_SIGNING_KEYS", config.url_signing_keys);
  reader.networks("TRUSTED_PROXIES", config.trusted_proxies, config.on_railway ? railway_edge : "off");
  reader.rate("RATE_LIMIT_SERVE", config.rate_limit_serve);
  reader.rate("RATE_LIMIT_WRITE", config.rate_limit_write);
  reader.sites("HOTLINK_ALLOW_HOSTS", config.hotlink_allow_hosts, guard::Hotlinks::is_host,
               "hosts such as example.com or *.example.com");
  reader.sites(
      "CORS_ALLOW_ORIGINS", config.cors_allow_origins,
      [](const std::string& site) { return site == "*" || http::Cors::is_origin(site); },
      "origins such as https://app.example.com, or *");
}

void read_generating(ConfigReader& reader, Config& config) {
  reader.word("IMAGE_HOSTING_ENABLED", config.hosting_enabled, {{"true", true}, {"false", false}});
  reader.word("ON_STORE_FAILURE", config.keep_source_on_failure, {{"error", false}, {"source_url", true}});
  reader.networks("DOWNLOAD_ALLOW_NETWORKS", config.download_allow_networks);
  reader.number("DOWNLOAD_TIMEOUT_SECONDS", config.download_timeout_seconds, 1, 3600);
  reader.number("PROVIDER_TIMEOUT_SECONDS", config.provider_timeout_seconds, 1, 7200);
  read_providers(reader, config.public_base_url, config.providers);
  reader.word("DROPIN_OPEN", config.dropin_open, {{"true", true}, {"false", false}});
}

}  // namespace

Environment parse_dotenv(const std::string& text) {
  Environment variables;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const auto equals = line.find('=');
    if (line.empty() || line[0] == '#' || equals == std::string::npos) continue;
    std::string value = trimmed(line.substr(equals + 1));
    if (!value.empty() && (value[0] == '"' || value[0] == '\'')) {
      const auto end = value.find(value[0], 1);
      value = value.substr(1, end == std::string::npos ? end : end - 1);
    } else if (const auto comment = value.find(" #"); comment != std::string::npos) {
      value = trimmed(value.substr(0, comment));
    }
    variables[trimmed(line.substr(0, equals))] = value;
  }
  return variables;
}

Environment read_environment(const std::filesystem::path& dotenv) {
  Environment variables;
  if (std::ifstream file(dotenv); file) {
    std::stringstream text;
    text << file.rdbuf();
    variables = parse_dotenv(text.str());
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view pair = *entry;
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos) variables[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  return variables;
}

LoadedConfig load_config(const Environment& environment, bool terminal) {
  LoadedConfig loaded;
  Config& config = loaded.config;
  ConfigReader reader(environment, loaded);
  constexpr std::uint64_t any = std::numeric_limits<std::int64_t>::max();

  reader.number("PORT", config.port, 1, 65'535);
  reader.text("HOST", config.host);
  reader.text("TCP_CONGESTION", config.tcp_congestion);
  reader.number("CACHE_MEMORY_BYTES", config.cache_memory_bytes, 0, any);
  reader.number("CACHE_BODY_MAX_BYTES", config.cache_body_max_bytes, 0, 1 << 20);
  read_places(reader, config);
  int only_choice = 0;
  reader.word("DATABASE_BACKEND", only_choice, {{"sqlite", 0}});
  reader.word("STORAGE_BACKEND", only_choice, {{"filesystem", 0}});
  read_addresses(reader, config);
  read_access(reader, config);
  reader.number("IMAGE_MAX_BYTES", config.image_max_bytes, 1, std::uint64_t{4} << 30);
  reader.number("IMAGE_MAX_PIXELS", config.image_max_pixels, 1, 1'000'000'000);
  reader.number("IMAGE_MAX_SIDE", config.image_max_side, 1, 65'535);
  read_generating(reader, config);
  reader.number("IMAGE_MIN_FREE_BYTES", config.min_free_bytes, 0, any);
  reader.number("IMAGE_MAX_AGE_DAYS", config.max_age_days, 0, 36'500);
  reader.number("IMAGE_PER_USER_LIMIT", config.per_user_images, 0, any);
  reader.number("IMAGE_PER_USER_MAX_BYTES", config.per_user_bytes, 0, any);
  reader.word("IMAGE_USER_LIMIT_POLICY", config.user_limit_policy,
              {{"evict", UserLimitPolicy::evict}, {"reject", UserLimitPolicy::reject}});
  reader.number("IMAGE_TRASH_DAYS", config.trash_days, 0, 36'500);
  reader.number("IMAGE_KEEP_VERSIONS", config.keep_versions, 0, 1'000'000);
  reader.number("IMAGE_STORAGE_MAX_BYTES", config.storage_max_bytes, 0, any);
  reader.time_of_day("CLEANUP_AT", config.cleanup_at);
  reader.time_zone("TZ", config.time_zone);
  reader.secret_url("ALERT_WEBHOOK_URL", config.alert_webhook_url);
  reader.word("LOG_LEVEL", config.log_level,
              {{"debug", LogLevel::debug},
               {"info", LogLevel::info},
               {"warning", LogLevel::warning},
               {"error", LogLevel::error}});
  config.log_format = terminal ? LogFormat::text : LogFormat::json;
  reader.word("LOG_FORMAT", config.log_format, {{"text", LogFormat::text}, {"json", LogFormat::json}});
  return loaded;
}

}  // namespace lightfast
