#include "server/imaging/decode_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

namespace lightfast::imaging {
namespace {

constexpr std::chrono::milliseconds kStartLimit{10'000};

Error cannot_start(std::string_view why) {
  return {Errc::overloaded, fmt::format("the image decoder cannot be started: {}", why), std::chrono::seconds(1)};
}

// What becomes of the parent's descriptors and signals in the child.
class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, kDecodeSocket);
    for (const int standard : {0, 1, 2}) {
      if (standard == 2 && kKeepStderr) continue;
      ::posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kDecodeSocket + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    // A group of its own: Ctrl-C on the server's terminal must not end a decode that the server waits for.
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int run(const std::filesystem::path& program, pid_t& pid) {
    char name[] = "lightfast", command[] = "decode-worker";
    char* arguments[] = {name, command, nullptr};
    char* environment[] = {nullptr};
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments, environment);
  }

 private:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool kKeepStderr = true;  // for the sanitizer's report
#else
  static constexpr bool kKeepStderr = false;  // libraries complain there in their own words
#endif

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<std::unique_ptr<DecodeChild>> DecodeChild::start(const std::filesystem::path& program) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return cannot_start(std::strerror(errno));
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  pid_t pid = -1;
  if (const int error = SpawnPlan(theirs.get()).run(program, pid); error != 0)
    return cannot_start(std::strerror(error));
  theirs.reset();  // the child's death must show as the end of the stream
  std::unique_ptr<DecodeChild> child(new DecodeChild(pid, std::move(ours)));
  const Answer hello = child->await_reply(kStartLimit);
  if (hello.failure != Failure::none || hello.reply.outcome != DecodeOutcome::ready) {
    return cannot_start(fmt::format("{} decode-worker does not answer ({})", program.string(), child->end()));
  }
  return child;
}

DecodeChild::~DecodeChild() {
  end();
}

DecodeChild::Answer DecodeChild::ask(const DecodeRequest& request, int image, std::chrono::milliseconds time_limit) {
  if (!send_request(socket_.get(), request, image)) return {Failure::not_sent, {}};
  Answer answer = await_reply(time_limit);
  if (answer.failure == Failure::none && answer.reply.outcome == DecodeOutcome::ready) answer.failure = Failure::broken;
  return answer;
}

DecodeChild::Answer DecodeChild::await_reply(std::chrono::milliseconds time_limit) {
  const auto deadline = std::chrono::steady_clock::now() + time_limit;
  pollfd waiting{socket_.get(), POLLIN, 0};
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return {Failure::timed_out, {}};
  const auto reply = receive_reply(socket_.get());
  if (!reply) return {Failure::broken, {}};
  return {Failure::none, *reply};
}

std::string DecodeChild::end() {
  if (pid_ < 0) return "ended";
  // Closing its socket ends a child that waits; the kill ends the others. The kill may find it already dead, and the
  // status then tells of what.
  socket_.reset();
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFEXITED(status)) return fmt::format("exit code {}", WEXITSTATUS(status));
  if (WTERMSIG(status) == SIGKILL) return "killed";
  return fmt::format("signal {}", WTERMSIG(status));
}

}  // namespace lightfast::imaging
