#include "tests/torture/writers.h"

#include <random>

namespace lightfast::torture {
namespace {

// Mostly small ones, so that there are many; some over one page, block and read buffer.
constexpr int sides[] = {8, 8, 16, 16, 32, 48, 64, 160};
constexpr std::uint32_t images_per_user = 25;

}  // namespace

Writers::Writers(int port, std::atomic<std::uint32_t>& next_number, std::uint64_t seed) : next_number_(next_number) {
  for (unsigned i = 0; i < writer_count; ++i) {
    threads_.emplace_back([this, port, seed, i] { write(port, seed * writer_count + i); });
  }
}

void Writers::write(int port, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  SubjectClient client(port);
  while (true) {
    const TestImage image{next_number_++, sides[random() % std::size(sides)]};
    const std::string bytes = image.bytes();
    const Answer answer = client.upload("user" + std::to_string(image.number / images_per_user), bytes);
    if (answer.status == 0) return;
    if (answer.status != 201) {
      ++refused_;
      continue;
    }
    Acknowledged acknowledged{path_of(answer), sha256(bytes)};
    const std::lock_guard lock(mutex_);
    if (!counting_) return;
    acknowledged_.push_back(std::move(acknowledged));
    ++counted_;
  }
}

void Writers::wait_for(std::uint64_t acknowledged, std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (counted_ < acknowledged && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
}

std::vector<Acknowledged> Writers::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::vector<Acknowledged> Writers::finish() {
  threads_.clear();
  return std::move(acknowledged_);
}

}  // namespace lightfast::torture
