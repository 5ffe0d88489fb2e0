// Proves that an image decodes, every pixel and every frame, in a child process with limits on memory and time: the
// same binary, run as `lightfast decode-worker`. A child that crashes, hangs or eats its limit costs one
// Errc::invalid_image, and another is started. Blocking; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

struct DecoderOptions {
  std::filesystem::path program;                     // the binary to run as the child; /proc/self/exe in production
  unsigned children = 2;                             // decodes at the same time, at most
  std::uint64_t child_memory_bytes = 1'024ull << 20; // RLIMIT_AS of a child
  std::uint64_t total_decode_bytes = 1'024ull << 20; // what all decodes under way may take together, as estimated
  std::chrono::milliseconds time_limit{10'000};      // for one image, wall clock; CPU as well
};

class Decoder {
 public:
  Decoder(DecoderOptions options, Logger& log);
  ~Decoder();  // ends the children

  // `file` holds the image from offset 0, `size_bytes` long; it is read by the child through its own descriptor.
  // Waits for a free child and for room in the budget. Fails with Errc::invalid_image where it does not decode to
  // what `facts` say, Errc::overloaded where no child can be started.
  Result<void> prove(int file, std::uint64_t size_bytes, const ImageFacts& facts);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The child's main loop: one request at a time on descriptor 3 until it is closed. Returns the exit code.
int run_decode_worker();

}  // namespace lightfast::imaging
