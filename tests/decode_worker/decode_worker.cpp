// The decoding child of the imaging tests: the product's own loop and decoders, but an image of a few sizes, which no
// test uses otherwise, makes it misbehave in one way each.
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "server/imaging/decode_image.h"
#include "server/imaging/decode_worker.h"
#include "tests/decode_worker/misbehaviour.h"

namespace lightfast::imaging {
namespace {

volatile unsigned char sink;

[[noreturn]] void hang() {
  while (true) sink = 0;
}

// Touches what it gets, so that it counts. Ends by std::bad_alloc, or by the limit.
[[noreturn]] void eat_memory() {
  std::vector<std::vector<unsigned char>> eaten;
  while (true) eaten.emplace_back(std::size_t{16} << 20, std::uint8_t{1});
}

[[noreturn]] void babble(std::size_t bytes) {
  const std::vector<char> nonsense(bytes, 'x');
  ::send(3, nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
  hang();
}

// A child that was taken over could still do these, were they not forbidden.
Result<void> escape() {
  const bool forked = ::fork() >= 0;
  const bool opened_socket = ::socket(AF_INET, SOCK_STREAM, 0) >= 0;
  const bool read_file = ::access("/etc/passwd", R_OK) == 0;
  if (forked || opened_socket || read_file) return {};
  return Error{Errc::invalid_image, "every way out is closed"};
}

Result<void> decode(Bytes file, const ImageFacts& facts) {
  switch (static_cast<test::Misbehaviour>(facts.width)) {
    case test::Misbehaviour::crash: ::raise(SIGSEGV); break;
    case test::Misbehaviour::quit: ::_exit(0);
    case test::Misbehaviour::hang: hang();
    case test::Misbehaviour::eat_memory: eat_memory();
    case test::Misbehaviour::short_reply: babble(5);
    case test::Misbehaviour::long_reply: babble(5000);
    case test::Misbehaviour::escape: return escape();
    case test::Misbehaviour::tell_process:
      return Error{Errc::invalid_image, "process " + std::to_string(::getpid()) + "\n\x1b[31m"};
    case test::Misbehaviour::write_image: {
      // The descriptor of the image is the first free one after the socket and statm.
      const bool wrote = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 5, 0) != MAP_FAILED;
      return wrote ? Result<void>{} : Error{Errc::invalid_image, "the image is read-only"};
    }
  }
  return decode_image(file, facts);
}

}  // namespace
}  // namespace lightfast::imaging

int main(int count, char** arguments) {
  const bool asked_as_agreed = count == 2 && std::strcmp(arguments[1], "decode-worker") == 0 && *environ == nullptr;
  return asked_as_agreed ? lightfast::imaging::serve_decode_requests(lightfast::imaging::decode) : 2;
}
