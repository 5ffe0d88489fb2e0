// The environment, .env, --print-config, and what is refused (exit 2).
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

// The line of `text` that names `word`, or "".
std::string line_with(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  if (at == std::string::npos) return "";
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST_CASE("all variables that do not parse are shown together, a line each, and the start ends with 2") {
  const Environment wrong = {{"PORT", "eighty"},          {"IMAGE_MAX_BYTES", "-5"}, {"IMAGE_TRASH_DAYS", "week"},
                             {"IMAGE_MAX_PIXELS", "1e6"}, {"LOG_LEVEL", "loud"},     {"LOG_FORMAT", "xml"},
                             {"IMAGE_MAX_SIDE", "12 px"}};
  ServerProcess process(wrong);
  const CommandResult result = process.run({"serve"});
  CHECK(result.exit_code == 2);
  INFO(result.err);
  for (const auto& [name, value] : wrong) {
    INFO(name);
    CHECK(line_with(result.err, name).find(value) != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(process.database()));
}

TEST_CASE("a single variable out of its range is refused by name, value and what is allowed") {
  const auto [name, value, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {"PORT", "0x50", "65535"},
      {"PORT", "65536", "65535"},
      {"IMAGE_MAX_BYTES", "99999999999999999999999", ""},
      {"LOG_LEVEL", "LOUD", "debug"},
      {"LOG_FORMAT", "yaml", "json"},
      {"PUBLIC_BASE_URL", "not a url", "http"},
  }));
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  const CommandResult result = process.run({"serve"}, {{name, value}});
  INFO(name << "=" << value << "\n" << result.err);
  CHECK(result.exit_code == 2);
  const std::string line = line_with(result.err, name);
  CHECK(line.find(value) != std::string::npos);
  CHECK(line.find(allowed) != std::string::npos);
}

TEST_CASE("print-config shows the effective values and masks secrets") {
  ServerProcess process(
      Environment{{"API_KEYS", known_key + ",second-secret-key-9876543210"}, {"IMAGE_MAX_BYTES", "4242421"}});
  const CommandResult result = process.run({"serve", "--print-config"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(line_with(result.out, "IMAGE_MAX_BYTES").find("4242421") != std::string::npos);
  CHECK(line_with(result.out, "IMAGE_MAX_SIDE").find("16384") != std::string::npos);
  CHECK(line_with(result.out, "IMAGE_STORAGE_PATH").find(process.images().string()) != std::string::npos);
  CHECK(line_with(result.out, "DATABASE_PATH").find(process.database().string()) != std::string::npos);
  CHECK(line_with(result.out, "PUBLIC_BASE_URL").find(process.base_url()) != std::string::npos);
  CHECK_FALSE(line_with(result.out, "API_KEYS").empty());
  for (const std::string& secret : {known_key, std::string("second-secret-key-9876543210")}) {
    CHECK(result.out.find(secret) == std::string::npos);
    CHECK(result.err.find(secret) == std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(process.database()));
}

TEST_CASE("a .env file in the working folder is read, and the real environment wins over it") {
  ServerProcess process(Environment{{"IMAGE_MAX_SIDE", "300"}});
  write_file(process.working_folder() / ".env",
             "# a comment\n\nIMAGE_MAX_BYTES=1234567\nIMAGE_MAX_SIDE=200\nAPI_KEYS=\"" + known_key + "\"\n");
  const CommandResult result = process.run({"serve", "--print-config"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(line_with(result.out, "IMAGE_MAX_BYTES").find("1234567") != std::string::npos);
  CHECK(line_with(result.out, "IMAGE_MAX_SIDE").find("300") != std::string::npos);
  CHECK(result.out.find(known_key) == std::string::npos);

  process.start();
  HttpClient client(process.port());
  CHECK(client.send(upload_request(png(1))).status == 201);
}

TEST_CASE("PUBLIC_BASE_URL and CDN_BASE_URL are the prefixes of what is handed out") {
  RunningServer plain(Environment{{"PUBLIC_BASE_URL", "https://img.example.org"}});
  CHECK(text(plain.uploaded(png(1)), "url").starts_with("https://img.example.org/v1/images/hosted/alice/img_"));
  RunningServer cdn(
      Environment{{"PUBLIC_BASE_URL", "https://img.example.org/"}, {"CDN_BASE_URL", "https://cdn.example.net"}});
  CHECK(text(cdn.uploaded(png(1)), "url").starts_with("https://cdn.example.net/v1/images/hosted/alice/img_"));
}

TEST_CASE("DATABASE_PATH and IMAGE_STORAGE_PATH say where things lie") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  process.environment()["DATABASE_PATH"] = (process.data() / "facts" / "mine.db").string();
  std::filesystem::create_directories(process.data() / "facts");
  process.start();
  HttpClient client(process.port());
  CHECK(client.send(upload_request(png(1))).status == 201);
  CHECK(std::filesystem::exists(process.data() / "facts" / "mine.db"));
  CHECK_FALSE(std::filesystem::exists(process.database()));
  CHECK(std::filesystem::exists(process.images() / "alice"));
}

TEST_CASE("bad usage ends with 2, help with 0") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  CHECK(process.run({"paint"}).exit_code == 2);
  CHECK(process.run({"serve", "--no-such-option"}).exit_code == 2);
  CHECK(process.run({"remove"}).exit_code == 2);
  for (const std::string command : {"serve", "list", "remove", "restore", "stats", "version"}) {
    INFO(command);
    const CommandResult help = process.run({command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.out.find(command) != std::string::npos);
  }
  const CommandResult help = process.run({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("restore") != std::string::npos);
}

TEST_CASE("version prints the program's version") {
  ServerProcess process;
  const CommandResult result = process.run({"version"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.find("0.1.0") != std::string::npos);
}

}  // namespace
}  // namespace lightfast::test
