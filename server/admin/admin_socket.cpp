#include "server/admin/admin_socket.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <set>

#include "server/admin/socket_reply.h"

namespace lightfast::admin {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using Protocol = asio::local::stream_protocol;

constexpr std::chrono::seconds patience_at_stop{20};
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::size_t max_line_bytes = 16 << 20;

// A socket's address holds 107 bytes of path, a data folder's name may be longer: the folder is named through its
// descriptor.
struct SocketAddress {
  UniqueFd folder;
  Protocol::endpoint endpoint;
};

Result<SocketAddress> address_of(const std::filesystem::path& path) {
  UniqueFd folder(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return system_error(errno, "opening " + path.parent_path().string());
  Protocol::endpoint endpoint("/proc/self/fd/" + std::to_string(folder.get()) + "/" + path.filename().string());
  return SocketAddress{std::move(folder), endpoint};
}

json::value error_json(const Error& error) {
  return {{"error", {{"code", to_string(error.code)}, {"detail", explain(error)}}}};
}

Error no_answer() {
  return {Errc::internal, "the running server gave no answer"};
}

Error went_away(const boost::system::error_code& problem) {
  return {Errc::internal, "the running server went away: " + problem.message()};
}

Result<json::value> parse_answer(const json::object& answer) {
  if (const auto* result = answer.if_contains("result")) return *result;
  const auto* error = answer.if_contains("error");
  if (error == nullptr) return no_answer();
  const auto code = parse_errc(error->at("code").as_string()).value_or(Errc::internal);
  // not_found would mean that nobody listens.
  return Error{code == Errc::not_found ? Errc::internal : code, std::string(error->at("detail").as_string())};
}

// Reads lines until the one that is the answer; what comes before it goes to the listener.
class AnswerReader {
 public:
  AnswerReader(Protocol::socket& socket, const Listener& listener) : socket_(socket), listener_(listener) {}

  Result<json::value> read() {
    for (;;) {
      boost::system::error_code problem;
      const std::size_t length = asio::read_until(socket_, asio::dynamic_buffer(buffer_), '\n', problem);
      if (problem) return went_away(problem);
      const json::value line = json::parse(std::string_view(buffer_).substr(0, length), problem);
      buffer_.erase(0, length);
      if (problem || !line.is_object()) return no_answer();
      const json::object& object = line.as_object();
      if (const auto* part = object.if_contains("part")) {
        if (listener_.part) listener_.part(*part);
      } else if (const auto* progress = object.if_contains("progress")) {
        if (listener_.progress) {
          listener_.progress(progress->at("step").as_string(), progress->at("done").to_number<std::uint64_t>(),
                             progress->at("total").to_number<std::uint64_t>());
        }
      } else if (const auto* count = object.if_contains("bytes")) {
        if (auto passed = pass_on(count->to_number<std::size_t>()); !passed) return passed.error();
      } else {
        return parse_answer(object);
      }
    }
  }

 private:
  Result<void> pass_on(std::size_t count) {
    boost::system::error_code problem;
    if (buffer_.size() < count) {
      asio::read(socket_, asio::dynamic_buffer(buffer_), asio::transfer_at_least(count - buffer_.size()), problem);
    }
    if (problem) return went_away(problem);
    auto passed = listener_.bytes ? listener_.bytes(std::string_view(buffer_).substr(0, count)) : Result<void>();
    buffer_.erase(0, count);
    return passed;
  }

  Protocol::socket& socket_;
  const Listener& listener_;
  std::string buffer_;
};

}  // namespace

struct AdminSocket::Impl : std::enable_shared_from_this<AdminSocket::Impl> {
  Impl(asio::any_io_executor e, AdminCommands& c, Logger& l)
      : executor(e), acceptor(e), patience(e), commands(c), log(l) {}

  Task<void> accept() {
    const auto self = shared_from_this();
    while (acceptor.is_open()) {
      boost::system::error_code problem;
      Protocol::socket socket(executor);
      co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, problem));
      if (!problem) {
        is_short = false;
        asio::co_spawn(executor, serve(self, std::move(socket)), asio::detached);
      } else if (acceptor.is_open()) {
        co_await wait_out(problem);
      }
    }
  }

  // Out of descriptors, as a rule.
  Task<void> wait_out(boost::system::error_code problem) {
    if (!std::exchange(is_short, true)) {
      log.error("admin commands are not taken just now", {{"reason", problem.message()}});
    }
    asio::steady_timer pause(executor, accept_pause);
    boost::system::error_code cancelled;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }

  static Task<void> serve(std::shared_ptr<Impl> self, Protocol::socket socket) {
    self->callers.insert(&socket);
    co_await converse(self, socket);
    self->callers.erase(&socket);
    if (self->callers.empty()) self->patience.cancel();
  }

  static Task<void> converse(std::shared_ptr<Impl> self, Protocol::socket& socket) {
    boost::system::error_code problem;
    std::string line;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(line, max_line_bytes), '\n',
                                    asio::redirect_error(asio::use_awaitable, problem));
    if (problem) co_return;
    SocketReply reply(socket);
    asio::co_spawn(self->executor, answer_to(self, reply, std::move(line)), asio::detached);
    co_await reply.run();
  }

  // The command runs beside the coroutine that writes to the socket, which waits for its end.
  static Task<void> answer_to(std::shared_ptr<Impl> self, SocketReply& reply, std::string line) {
    json::value answer = error_json({Errc::internal, "the command broke off"});
    try {
      answer = co_await self->answer(std::move(line), reply);
    } catch (const std::exception& broken) {
      self->log.error("an admin command broke off", {{"reason", broken.what()}});
    }
    reply.end(json::serialize(answer) + "\n");
  }

  Task<json::value> answer(std::string line, Reply& reply) {
    boost::system::error_code problem;
    const json::value request = json::parse(line, problem);
    const auto* object = problem ? nullptr : request.if_object();
    const auto* command = object == nullptr ? nullptr : object->if_contains("command");
    const auto* arguments = object == nullptr ? nullptr : object->if_contains("arguments");
    if (command == nullptr || !command->is_string() || arguments == nullptr || !arguments->is_object()) {
      co_return error_json({Errc::invalid_request, "a line holds {\"command\", \"arguments\"}"});
    }
    log.info("admin command", {{"command", std::string_view(command->as_string())}});
    auto result = co_await commands.run(std::string(command->as_string()), arguments->as_object(), reply);
    if (!result) co_return error_json(result.error());
    co_return json::value{{"result", std::move(*result)}};
  }

  // A caller that doesn't take what it asked for must not keep the process from ending.
  void hang_up_late() {
    if (callers.empty()) return;
    patience.expires_after(patience_at_stop);
    patience.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      boost::system::error_code ignored;
      for (auto* caller : self->callers) {
        if (!cancelled) caller->shutdown(Protocol::socket::shutdown_both, ignored);
      }
    });
  }

  asio::any_io_executor executor;
  Protocol::acceptor acceptor;
  asio::steady_timer patience;
  std::set<Protocol::socket*> callers;
  AdminCommands& commands;
  Logger& log;
  bool is_short = false;
};

AdminSocket::AdminSocket(asio::any_io_executor executor, AdminCommands& commands, Logger& log)
    : impl_(std::make_shared<Impl>(std::move(executor), commands, log)) {}

AdminSocket::~AdminSocket() = default;

// The lock on the data is held: whatever lies at `path` is the leftover of a process that has ended. It stays at the
// stop too, so that the next start finds an inode for it on a disk that has none.
Result<void> AdminSocket::listen(const std::filesystem::path& path) {
  auto address = address_of(path);
  if (!address) return address.error();
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  boost::system::error_code problem;
  impl_->acceptor.open(Protocol(), problem);
  if (!problem) impl_->acceptor.bind(address->endpoint, problem);
  if (!problem && ::chmod(path.c_str(), 0600) != 0) problem.assign(errno, boost::system::system_category());
  if (!problem) impl_->acceptor.listen(16, problem);
  if (problem) return Error{Errc::internal, "the admin socket " + path.string() + ": " + problem.message()};
  asio::co_spawn(impl_->executor, impl_->accept(), asio::detached);
  return {};
}

void AdminSocket::stop() {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->hang_up_late();
}

Result<json::value> call_admin_socket(const std::filesystem::path& path, const std::string& command,
                                      const json::object& arguments, const Listener& listener) {
  auto address = address_of(path);
  if (!address) return address.error();
  asio::io_context context;
  Protocol::socket socket(context);
  boost::system::error_code problem;
  socket.connect(address->endpoint, problem);
  if (problem) return Error{Errc::not_found, "no server listens on " + path.string()};
  const std::string line = json::serialize(json::object{{"command", command}, {"arguments", arguments}}) + "\n";
  asio::write(socket, asio::buffer(line), problem);
  if (problem) return went_away(problem);
  return AnswerReader(socket, listener).read();
}

}  // namespace lightfast::admin
