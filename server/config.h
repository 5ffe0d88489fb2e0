// Everything that can be set, read from the environment in one place and checked as a whole. The only reader of the
// environment; the rest of the program gets plain values. docs/configuration.md tells users the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/log.h"
#include "server/guard/rate.h"
#include "server/providers/settings.h"

namespace lightfast {

enum class UserLimitPolicy { evict, reject };

struct Config {
  // Listening
  std::string host = "::";  // dual stack; 0.0.0.0 where there is no IPv6
  std::uint16_t port = 8080;
  std::string tcp_congestion;  // empty: the kernel's

  // Serving
  std::uint64_t cache_memory_bytes = 64 << 20;    // of ready answers; 0: none are kept
  std::uint64_t cache_body_max_bytes = 32 << 10;  // larger bodies are sent from their files

  // Places
  std::filesystem::path images = "./data/images";
  std::filesystem::path database;   // default: lightfast.db in the parent of `images`
  bool database_is_default = true;  // a default that falls on another device than the images stops the start
  std::filesystem::path volume;     // where the platform mounted its volume; empty: none
  bool on_railway = false;          // the platform's own variables are there

  // Addresses handed out
  std::string public_base_url;  // no slash at the end; empty: not known (creating answers not_configured)
  std::string cdn_base_url;     // of image URLs only; empty: public_base_url

  // Access
  std::vector<std::string> api_keys;
  std::vector<IpNetwork> trusted_proxies;        // whose X-Real-IP and X-Forwarded-For are believed
  std::optional<guard::Rate> rate_limit_serve;   // per client address; absent: off
  std::optional<guard::Rate> rate_limit_write;   // per key; absent: off
  std::vector<std::string> hotlink_allow_hosts;  // whose pages may show images; empty: everybody's
  std::vector<std::string> cors_allow_origins;   // whose pages may call the API; "*": all

  // What is accepted
  std::uint64_t image_max_bytes = 52'428'800;
  std::uint64_t image_max_pixels = 50'000'000;
  std::uint32_t image_max_side = 16'384;
  std::uint64_t min_free_bytes = 0;  // 0: the smaller of 256 MiB and 5 % of the volume

  // Generating and fetching
  bool hosting_enabled = true;                     // false: generate answers with the provider's own URL
  bool keep_source_on_failure = false;             // ON_STORE_FAILURE=source_url
  std::vector<IpNetwork> download_allow_networks;  // non-public networks that downloads may reach
  std::uint32_t download_timeout_seconds = 60;
  std::uint32_t provider_timeout_seconds = 300;
  providers::ProviderSettings providers;
  bool dropin_open = false;                   // drop-in endpoints without a key of ours
  std::vector<std::string> url_signing_keys;  // empty: one is made and kept in the database

  // How long it stays
  std::uint32_t max_age_days = 0;     // 0: for ever
  std::uint64_t per_user_images = 0;  // 0: no limit
  std::uint64_t per_user_bytes = 0;   // 0: no limit
  UserLimitPolicy user_limit_policy = UserLimitPolicy::evict;
  std::uint32_t trash_days = 7;                                                        // 0: removed at once
  std::uint32_t keep_versions = 0;                                                     // of a named image; 0: all
  std::uint64_t storage_max_bytes = 0;                                                 // 0: by free disk only
  std::optional<std::chrono::minutes> cleanup_at = std::chrono::minutes(3 * 60 + 30);  // after midnight; absent: off
  std::string time_zone;                                                               // empty: the system's

  // Who hears of trouble
  std::string alert_webhook_url;  // empty: nobody but the log

  // Log
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::json;
};

using Environment = std::map<std::string, std::string>;

// This process's environment, with what `dotenv` (if there is such a file) adds to it; the real environment wins.
Environment read_environment(const std::filesystem::path& dotenv);

// KEY=VALUE lines, '#' comments, optional `export`, single or double quotes around a value.
Environment parse_dotenv(const std::string& text);

struct LoadedConfig {
  Config config;
  std::vector<std::string> errors;                             // one line each: variable, value, what is allowed
  std::vector<std::pair<std::string, std::string>> effective;  // every variable and its value, secrets masked
};

// `terminal`: whether stderr is one (LOG_FORMAT's default depends on it).
LoadedConfig load_config(const Environment& environment, bool terminal);

}  // namespace lightfast
