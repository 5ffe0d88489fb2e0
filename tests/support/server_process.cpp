#include "tests/support/server_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include "tests/support/http_client.h"
#include "tests/support/places.h"

namespace lightfast::test {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 30s;

bool answers_readyz(int port) {
  try {
    HttpClient client(port);
    const HttpResponse response = client.get("/readyz");
    return response.status == 200 || response.status == 503;
  } catch (const TransportError&) {
    return false;
  }
}

}  // namespace

int choose_free_port() {
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int port = 20000 + static_cast<int>(random() % 12000);
    const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return port;
  }
  throw std::runtime_error("no free port found");
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

ServerProcess::ServerProcess(Environment environment)
    : port_(choose_free_port()), program_(program_under_test()), environment_(std::move(environment)) {
  std::filesystem::create_directories(working_folder());
  environment_.emplace("HOST", "127.0.0.1");
  environment_.emplace("PORT", std::to_string(port_));
  environment_.emplace("IMAGE_STORAGE_PATH", (folder_.path() / "data" / "images").string());
}

ChildSetup ServerProcess::setup(const std::vector<std::string>& arguments, const std::string& output) const {
  return {.program = program_,
          .arguments = arguments,
          .environment = environment_,
          .working_folder = working_folder(),
          .out_file = folder_.path() / (output + ".out"),
          .err_file = folder_.path() / (output + ".err")};
}

void ServerProcess::start() {
  child_ = std::make_unique<ChildProcess>(setup({"serve"}, "server"));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!answers_readyz(port_)) {
    if (const auto code = child_->wait(5ms)) {
      throw std::runtime_error("the server ended with exit code " + std::to_string(*code) + ":\n" + log());
    }
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the server is not ready:\n" + log());
  }
}

void ServerProcess::terminate() {
  child_->signal(SIGTERM);
}

int ServerProcess::wait() {
  const auto code = child_->wait(patience);
  if (!code) throw std::runtime_error("the server does not end:\n" + log());
  return *code;
}

int ServerProcess::stop() {
  terminate();
  return wait();
}

void ServerProcess::kill() {
  child_->signal(SIGKILL);
  wait();
}

void ServerProcess::restart() {
  if (const int code = stop(); code != 0) {
    throw std::runtime_error("the server ended with exit code " + std::to_string(code) + ":\n" + log());
  }
  start();
}

CommandResult ServerProcess::run(const std::vector<std::string>& arguments, const Environment& extra) const {
  static std::atomic<int> commands = 0;
  ChildSetup command = setup(arguments, "command" + std::to_string(++commands));
  for (const auto& [name, value] : extra) command.environment[name] = value;
  ChildProcess child(command);
  const auto code = child.wait(patience);
  if (!code) throw std::runtime_error("the command does not end: " + arguments.front());
  CommandResult result{*code, read_file(command.out_file), read_file(command.err_file)};
  std::filesystem::remove(command.out_file);
  std::filesystem::remove(command.err_file);
  return result;
}

std::unique_ptr<ChildProcess> ServerProcess::begin(const std::vector<std::string>& arguments,
                                                   const std::filesystem::path& err) const {
  ChildSetup command = setup(arguments, arguments.front());
  if (!err.empty()) command.err_file = err;
  return std::make_unique<ChildProcess>(command);
}

std::string ServerProcess::log() const {
  const auto path = folder_.path() / "server.err";
  return std::filesystem::exists(path) ? read_file(path) : "";
}

}  // namespace lightfast::test
