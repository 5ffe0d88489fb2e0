#include "server/config.h"

#include <catch2/catch.hpp>

using namespace lightfast;

namespace {
Config loaded(const Environment& environment) {
  const auto result = load_config(environment, false);
  INFO((result.errors.empty() ? std::string() : result.errors.front()));
  REQUIRE(result.errors.empty());
  return result.config;
}
}  // namespace

TEST_CASE("without any variable everything has its documented default") {
  const Config config = loaded({});
  CHECK(config.port == 8080);
  CHECK(config.host == "::");
  CHECK(config.images == std::filesystem::current_path() / "data/images");
  CHECK(config.database == std::filesystem::current_path() / "data/lightfast.db");
  CHECK(config.database_is_default);
  CHECK(config.public_base_url == "http://localhost:8080");
  CHECK(config.image_max_bytes == 52'428'800);
  CHECK(config.image_max_pixels == 50'000'000);
  CHECK(config.image_max_side == 16'384);
  CHECK(config.max_age_days == 0);
  CHECK(config.trash_days == 7);
  CHECK(config.log_format == LogFormat::json);
}

TEST_CASE("the log is text on a terminal unless it is set") {
  CHECK(load_config({}, true).config.log_format == LogFormat::text);
  CHECK(load_config({{"LOG_FORMAT", "json"}}, true).config.log_format == LogFormat::json);
}

TEST_CASE("a volume of the platform gives the places, explicit paths win") {
  CHECK(loaded({{"RAILWAY_VOLUME_MOUNT_PATH", "/data"}}).images == "/data/images");
  CHECK(loaded({{"RAILWAY_VOLUME_MOUNT_PATH", "/data"}}).database == "/data/lightfast.db");
  const Config explicit_paths =
      loaded({{"RAILWAY_VOLUME_MOUNT_PATH", "/data"}, {"IMAGE_STORAGE_PATH", "/srv/pictures/"}});
  CHECK(explicit_paths.images == "/srv/pictures");
  CHECK(explicit_paths.database == "/data/lightfast.db");
  CHECK_FALSE(loaded({{"DATABASE_PATH", "/x/y.db"}}).database_is_default);
}

TEST_CASE("addresses come from the platform's domain, from the port, or as they are set") {
  CHECK(loaded({{"RAILWAY_PUBLIC_DOMAIN", "x.up.railway.app"}}).public_base_url == "https://x.up.railway.app");
  CHECK(loaded({{"PORT", "9000"}}).public_base_url == "http://localhost:9000");
  CHECK(loaded({{"PUBLIC_BASE_URL", "https://img.example.com/"}}).public_base_url == "https://img.example.com");
  CHECK(loaded({{"AWS_CLOUDFRONT_DOMAIN", "d.cloudfront.net"}}).cdn_base_url == "https://d.cloudfront.net");
}

TEST_CASE("on the platform without a domain no address is made up") {
  CHECK(loaded({{"RAILWAY_PROJECT_ID", "p"}}).public_base_url.empty());
}

TEST_CASE("all values that do not parse are reported together, with what is allowed") {
  const auto result = load_config(
      {{"PORT", "http"}, {"IMAGE_MAX_BYTES", "-1"}, {"LOG_LEVEL", "loud"}, {"PUBLIC_BASE_URL", "example.com"}}, false);
  REQUIRE(result.errors.size() == 4);
  CHECK(result.errors[0].find("PORT=http: allowed is a whole number from 1 to 65535") == 0);
  CHECK(result.errors[1].find("PUBLIC_BASE_URL=example.com") == 0);
  CHECK(result.errors[2].find("IMAGE_MAX_BYTES=-1") == 0);
  CHECK(result.errors[3].find("LOG_LEVEL=loud: allowed is one of debug info warning error") == 0);
}

TEST_CASE("an empty value means the default") {
  CHECK(loaded({{"PORT", ""}, {"API_KEYS", " "}}).port == 8080);
}

TEST_CASE("keys are split at commas, and never shown") {
  const auto result = load_config({{"API_KEYS", "first-key-1, second-key-2,"}}, false);
  CHECK(result.config.api_keys == std::vector<std::string>{"first-key-1", "second-key-2"});
  for (const auto& [name, value] : result.effective) CHECK(value.find("first-key-1") == std::string::npos);
}

TEST_CASE("a short key is refused without being shown") {
  const auto result = load_config({{"API_KEYS", "secret"}}, false);
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].find("secret") == std::string::npos);
}

TEST_CASE("the database may not lie among the images") {
  CHECK(load_config({{"IMAGE_STORAGE_PATH", "/d/images"}, {"DATABASE_PATH", "/d/images/x.db"}}, false).errors.size() ==
        1);
}

TEST_CASE("a dotenv file is read with comments, quotes and export") {
  const auto variables =
      parse_dotenv("# comment\nexport A=1\nB = \"two # not a comment\" # comment\nC='3'\nD=4 # four\n\nnonsense\nE=\n");
  CHECK(variables == Environment{{"A", "1"}, {"B", "two # not a comment"}, {"C", "3"}, {"D", "4"}, {"E", ""}});
}

TEST_CASE("the daily cleanup has a time and a zone, or is off") {
  CHECK(loaded({}).cleanup_at == std::chrono::minutes(210));
  CHECK(loaded({{"CLEANUP_AT", "23:05"}}).cleanup_at == std::chrono::minutes(23 * 60 + 5));
  CHECK_FALSE(loaded({{"CLEANUP_AT", "off"}}).cleanup_at);
  CHECK(loaded({{"TZ", "UTC"}}).time_zone == "UTC");
  for (const char* wrong : {"24:00", "3:60", "03:30:00", "noon", "-1:00", "3", "OFF"}) {
    INFO(wrong);
    CHECK(load_config({{"CLEANUP_AT", wrong}}, false).errors.size() == 1);
  }
  const auto result = load_config({{"TZ", "Europe/Berln"}}, false);
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].find("TZ=Europe/Berln: allowed is a time zone") == 0);
}

TEST_CASE("nobody is a trusted proxy but whom the operator names and the platform's own") {
  const auto trusted = [](const Environment& environment) {
    std::string names;
    for (const auto& network : loaded(environment).trusted_proxies) names += network.address.str() + " ";
    return names;
  };
  CHECK(trusted({}).empty());
  CHECK(trusted({{"RAILWAY_PROJECT_ID", "p"}}) == "100.64.0.0 ");
  CHECK(trusted({{"RAILWAY_PROJECT_ID", "p"}, {"TRUSTED_PROXIES", "off"}}).empty());
  CHECK(trusted({{"RAILWAY_PROJECT_ID", "p"}, {"TRUSTED_PROXIES", "10.0.0.0/8,::1"}}) == "10.0.0.0 ::1 ");
  CHECK(load_config({{"TRUSTED_PROXIES", "10.0.0.1/8"}}, false).errors.size() == 1);
}

TEST_CASE("a provider that is not configured cannot be the default one") {
  for (const auto& [provider, variable] : {std::pair<std::string, std::string>{"openai", "OPENAI_API_KEY"},
                                           {"fal", "FAL_KEY"},
                                           {"sdwebui", "SDWEBUI_URL"},
                                           {"pexels", "PEXELS_API_KEY"}}) {
    const auto result = load_config({{"DEFAULT_PROVIDER", provider}}, false);
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].find(variable + " is not set") != std::string::npos);
    const std::string value = variable == "SDWEBUI_URL" ? "http://127.0.0.1:7860" : "some-key";
    CHECK(loaded({{"DEFAULT_PROVIDER", provider}, {variable, value}}).providers.default_provider == provider);
  }
  CHECK(load_config({{"DEFAULT_PROVIDER", "midjourney"}}, false).errors.size() == 1);
}

TEST_CASE("an address with a login is taken for a WebUI alone, and shown without") {
  const auto result = load_config({{"SDWEBUI_URL", "http://me:secret@10.0.0.5:7860/"}}, false);
  CHECK(result.errors.empty());
  CHECK(result.config.providers.sdwebui_url == "http://me:secret@10.0.0.5:7860");
  for (const auto& [name, value] : result.effective) CHECK(value.find("secret") == std::string::npos);
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"OPENAI_BASE_URL", "https://me:secret@x/v1"},
                                    {"SDWEBUI_URL", "ftp://me:secret@x"},
                                    {"SDWEBUI_URL", "http://me:secret@"}}) {
    const auto refused = load_config({{name, value}}, false);
    REQUIRE(refused.errors.size() == 1);
    CHECK(refused.errors[0].find("secret") == std::string::npos);
  }
}

TEST_CASE("a provider's address is not this server's own") {
  const Environment own = {{"PUBLIC_BASE_URL", "https://img.example.com"}};
  for (const char* name : {"REPLICATE_BASE_URL", "OPENAI_BASE_URL", "FAL_QUEUE_URL", "FAL_RUN_URL", "FAL_REST_URL",
                           "CHUTES_BASE_URL", "STABILITY_BASE_URL", "SDWEBUI_URL", "PEXELS_BASE_URL"}) {
    INFO(name);
    Environment environment = own;
    environment[name] = "https://img.example.com/openai/v1";
    CHECK(load_config(environment, false).errors.size() == 1);
    environment[name] = "https://img.example.com.evil/v1";
    CHECK(load_config(environment, false).errors.empty());
  }
}
