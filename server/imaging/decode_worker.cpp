#include "server/imaging/decode_worker.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "server/imaging/decode_image.h"
#include "server/imaging/decode_protocol.h"
#include "server/imaging/decode_sandbox.h"
#include "server/imaging/decoder.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

// A fresh process now and then bounds what the libraries may leak.
constexpr unsigned kImagesPerProcess = 1000;
constexpr std::uint64_t kMostResidentBytes = 256u << 20;

// The image, mapped: a file cut by someone while it is read ends this process, not the server.
class MappedFile {
 public:
  MappedFile(int fd, std::uint64_t size_bytes) : size_(static_cast<std::size_t>(size_bytes)) {
    address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
  }
  ~MappedFile() {
    if (is_mapped()) ::munmap(address_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  bool is_mapped() const { return address_ != MAP_FAILED; }
  Bytes bytes() const { return {static_cast<const std::byte*>(address_), size_}; }

 private:
  std::size_t size_;
  void* address_;
};

// Large blocks go back to the system when they are freed, whatever was freed before.
void keep_heap_small() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

Result<void> decode_mapped(const ReceivedRequest& received, const DecodeFunction& decode) {
  const MappedFile file(received.image.get(), received.request.size_bytes);
  if (!file.is_mapped()) return invalid("the file cannot be mapped");
  try {
    return decode(file.bytes(), received.request.facts());
  } catch (const std::bad_alloc&) {
    return invalid("decoding it takes more memory than is allowed");
  }
}

}  // namespace

int serve_decode_requests(const DecodeFunction& decode) {
  keep_heap_small();
  DecodeSandbox sandbox;
  if (!send_reply(kDecodeSocket, DecodeReply{})) return EXIT_FAILURE;
  for (unsigned images = 1;; ++images) {
    const auto received = receive_request(kDecodeSocket);
    if (!received) return EXIT_SUCCESS;
    sandbox.limit(received->request.memory_bytes + received->request.size_bytes, received->request.cpu_seconds);
    const auto decoded = decode_mapped(*received, decode);
    DecodeReply reply;
    reply.outcome = decoded ? DecodeOutcome::proven : DecodeOutcome::refused;
    if (!decoded) reply.set_text(decoded.error().detail);
    reply.retiring = images >= kImagesPerProcess || sandbox.resident_bytes() > kMostResidentBytes ? 1 : 0;
    if (!send_reply(kDecodeSocket, reply) || reply.retiring != 0) return EXIT_SUCCESS;
  }
}

int run_decode_worker() {
  return serve_decode_requests(decode_image);
}

}  // namespace lightfast::imaging
