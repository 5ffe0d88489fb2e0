#include "server/config.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "base/ip_address.h"
#include "base/time_zone.h"
#include "server/guard/hotlinks.h"
#include "server/http/cors.h"

namespace lightfast {
namespace {

// Where Railway's edge connects from: the shared address space of RFC 6598.
constexpr const char* railway_edge = "100.64.0.0/10";

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    if (auto word = trimmed(part); !word.empty()) parts.push_back(std::move(word));
  }
  return parts;
}

// Reads one variable after the other, gathers the errors and remembers the effective values.
class Reader {
 public:
  Reader(const Environment& environment, LoadedConfig& loaded) : environment_(environment), loaded_(loaded) {}

  // Set and not empty: an empty value means the default, as platforms' web forms leave it.
  std::optional<std::string> find(const std::string& name) const {
    const auto found = environment_.find(name);
    if (found == environment_.end() || trimmed(found->second).empty()) return std::nullopt;
    return trimmed(found->second);
  }

  template <class Int>
  void number(const std::string& name, Int& field, std::uint64_t least, std::uint64_t most) {
    if (const auto text = find(name)) {
      std::uint64_t value = 0;
      const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
      if (problem != std::errc() || end != text->data() + text->size() || value < least || value > most) {
        reject(name, *text, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
      } else {
        field = static_cast<Int>(value);
      }
    }
    show(name, std::to_string(field));
  }

  void text(const std::string& name, std::string& field) {
    if (const auto value = find(name)) field = *value;
    show(name, field);
  }

  template <class Enum>
  void word(const std::string& name, Enum& field, const std::vector<std::pair<std::string, Enum>>& words) {
    if (const auto value = find(name)) {
      const auto found =
          std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == *value; });
      if (found == words.end()) {
        std::string allowed = "one of";
        for (const auto& entry : words) allowed += " " + entry.first;
        reject(name, *value, allowed);
      } else {
        field = found->second;
      }
    }
    for (const auto& entry : words) {
      if (entry.second == field) return show(name, entry.first);
    }
  }

  // HH:MM, or `off`.
  void time_of_day(const std::string& name, std::optional<std::chrono::minutes>& field) {
    if (const auto value = find(name)) {
      unsigned hours = 0, minutes = 0;
      char end = 0;
      const bool is_time = value->size() <= 5 && std::sscanf(value->c_str(), "%2u:%2u%c", &hours, &minutes, &end) == 2;
      if (*value == "off")
        field.reset();
      else if (is_time && hours < 24 && minutes < 60)
        field = std::chrono::minutes(hours * 60 + minutes);
      else
        reject(name, *value, "a time from 00:00 to 23:59, or off");
    }
    if (!field) return show(name, "off");
    char text[16];
    const auto count = static_cast<int>(field->count());
    std::snprintf(text, sizeof text, "%02d:%02d", count / 60, count % 60);
    show(name, text);
  }

  void time_zone(const std::string& name, std::string& field) {
    text(name, field);
    if (!field.empty() && !is_time_zone(field)) {
      reject(name, field, "a time zone that this system knows, such as Europe/Berlin, or UTC");
    }
  }

  // An absolute http or https URL without query; a slash at the end is dropped.
  void base_url(const std::string& name, std::string& field) {
    if (auto value = find(name)) {
      const bool http = value->starts_with("http://") || value->starts_with("https://");
      const bool plain = value->find_first_of(" ?#\"<>\\") == std::string::npos;
      const auto host = http ? value->find("://") + 3 : 0;
      if (!http || !plain || host >= value->size() || (*value)[host] == '/') {
        reject(name, *value, "an address such as https://images.example.com");
      } else {
        while (value->ends_with('/')) value->pop_back();
        field = *value;
      }
    }
    show(name, field);
  }

  // The same of another server than this one, whose address is `own`.
  void foreign_base_url(const std::string& name, std::string& field, const std::string& own) {
    base_url(name, field);
    if (!own.empty() && (field == own || field.starts_with(own + "/"))) {
      reject(name, field, "another server's address than this one's own");
    }
  }

  // An http or https URL as it stands; it may hold a secret, and is not shown.
  void secret_url(const std::string& name, std::string& field) {
    if (const auto value = find(name)) {
      const bool http = value->starts_with("http://") || value->starts_with("https://");
      const bool printable = std::all_of(value->begin(), value->end(), [](char c) { return c > ' ' && c < 127; });
      if (!http || !printable || value->ends_with("://")) {
        reject(name, "(hidden)", "an address such as https://hooks.example.com/lightfast");
      } else {
        field = *value;
      }
    }
    show(name, field.empty() ? "" : "hidden");
  }

  void secrets(const std::string& name, std::vector<std::string>& field) {
    if (const auto value = find(name)) field = split_list(*value);
    for (const auto& secret : field) {
      const bool printable = std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 127; });
      if (secret.size() < 8 || !printable)
        reject(name, "(hidden)", "keys of at least 8 printable characters, separated by commas");
    }
    show(name, field.empty() ? "" : std::to_string(field.size()) + " hidden");
  }

  void secret(const std::string& name, std::string& field) {
    if (const auto value = find(name)) field = *value;
    show(name, field.empty() ? "" : "hidden");
  }

  // Networks in CIDR notation, separated by commas, or `off` for none.
  void networks(const std::string& name, std::vector<IpNetwork>& field, const std::string& usual = "off") {
    const auto value = find(name).value_or(usual);
    std::string shown;
    for (const auto& text : value == "off" ? std::vector<std::string>() : split_list(value)) {
      const auto network = IpNetwork::parse(text);
      if (network)
        field.push_back(*network);
      else
        reject(name, text, "networks such as 10.0.0.0/8,fd00::/8");
      shown += (shown.empty() ? "" : ",") + text;
    }
    show(name, shown);
  }

  // N/second, N/minute or N/hour, or `off`.
  void rate(const std::string& name, std::optional<guard::Rate>& field) {
    const auto value = find(name).value_or("off");
    field = guard::Rate::parse(value);
    if (!field && value != "off") {
      reject(name, value,
             "N/second, N/minute or N/hour with an N from 1 to " + std::to_string(guard::Rate::most) + ", or off");
    }
    show(name, field ? field->str() : "off");
  }

  // Separated by commas, each as it `fits` in lower case and without a slash at the end.
  template <class Fits>
  void sites(const std::string& name, std::vector<std::string>& field, Fits fits, const std::string& allowed) {
    std::string shown;
    for (const auto& given : split_list(find(name).value_or(""))) {
      auto site = given;
      std::transform(site.begin(), site.end(), site.begin(), [](unsigned char c) { return std::tolower(c); });
      if (site.ends_with('/')) site.pop_back();
      if (!fits(site)) reject(name, given, allowed);
      shown += (shown.empty() ? "" : ",") + site;
      field.push_back(std::move(site));
    }
    show(name, shown);
  }

  void reject(const std::string& name, const std::string& value, const std::string& allowed) {
    loaded_.errors.push_back(name + "=" + value + ": allowed is " + allowed);
  }

  void show(const std::string& name, const std::string& value) { loaded_.effective.emplace_back(name, value); }

 private:
  const Environment& environment_;
  LoadedConfig& loaded_;
};

void read_places(Reader& reader, Config& config) {
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

void read_addresses(Reader& reader, Config& config) {
  if (const auto domain = reader.find("RAILWAY_PUBLIC_DOMAIN"))
    config.public_base_url = "https://" + *domain;
  else if (!config.on_railway)
    config.public_base_url = "http://localhost:" + std::to_string(config.port);
  reader.base_url("PUBLIC_BASE_URL", config.public_base_url);
  if (const auto domain = reader.find("AWS_CLOUDFRONT_DOMAIN")) config.cdn_base_url = "https://" + *domain;
  reader.base_url("CDN_BASE_URL", config.cdn_base_url);
}

void read_access(Reader& reader, Config& config) {
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

void read_providers(Reader& reader, Config& config) {
  reader.word("IMAGE_HOSTING_ENABLED", config.hosting_enabled, {{"true", true}, {"false", false}});
  reader.word("ON_STORE_FAILURE", config.keep_source_on_failure, {{"error", false}, {"source_url", true}});
  reader.networks("DOWNLOAD_ALLOW_NETWORKS", config.download_allow_networks);
  reader.number("DOWNLOAD_TIMEOUT_SECONDS", config.download_timeout_seconds, 1, 3600);
  reader.number("PROVIDER_TIMEOUT_SECONDS", config.provider_timeout_seconds, 1, 7200);
  reader.word("DEFAULT_PROVIDER", config.default_provider,
              {{"", ""}, {"sample", "sample"}, {"replicate", "replicate"}});
  reader.secret("REPLICATE_API_TOKEN", config.replicate_api_token);
  reader.foreign_base_url("REPLICATE_BASE_URL", config.replicate_base_url, config.public_base_url);
  reader.secret("OPENAI_API_KEY", config.openai_api_key);
  reader.foreign_base_url("OPENAI_BASE_URL", config.openai_base_url, config.public_base_url);
  reader.word("DROPIN_OPEN", config.dropin_open, {{"true", true}, {"false", false}});
  if (config.default_provider == "replicate" && config.replicate_api_token.empty()) {
    reader.reject("DEFAULT_PROVIDER", "replicate", "a provider that is configured: REPLICATE_API_TOKEN is not set");
  }
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
  Reader reader(environment, loaded);
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
  read_providers(reader, config);
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
