#include "server/lifecycle/backup_source.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {

constexpr std::uint32_t files_a_page = 500;
constexpr std::size_t piece_bytes = 256 << 10;

Error not_what_was_stored(std::string reason) {
  return {Errc::damaged, std::move(reason)};
}

Error interrupted() {
  return {Errc::internal, "the backup was interrupted; the next one goes on"};
}

}  // namespace

Result<void> BackupSource::each(const std::stop_token& stop, const Visit& visit, unsigned threads) const {
  std::string after;
  for (;;) {
    auto page = db::read(
        copy_, [&](const db::Session& session) { return session.stored_files().by_file_key(after, files_a_page); });
    if (!page) return page.error();
    if (auto visited = visit_page(*page, stop, visit, threads); !visited) return visited;
    if (page->size() < files_a_page) return {};
    after = page->back().file_key;
  }
}

Result<void> BackupSource::visit_page(const db::StoredFiles::Files& page, const std::stop_token& stop,
                                      const Visit& visit, unsigned threads) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  Result<void> outcome;
  const auto work = [&] {
    for (std::size_t i = next++; i < page.size(); i = next++) {
      auto visited = stop.stop_requested() ? Result<void>(interrupted()) : visit(page[i]);
      if (visited) continue;
      const std::lock_guard lock(mutex);
      if (outcome) outcome = visited;
      next = page.size();
    }
  };
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < threads && i < page.size(); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  return outcome;
}

std::optional<BackupSource::Failure> BackupSource::read(const db::StoredFile& file, const Take& take) const {
  const auto lost = [](Error error) { return Failure{true, std::move(error)}; };
  auto blob = storage_.open({file.file_key});
  if (!blob) {
    return lost(blob.error().code == Errc::not_found ? not_what_was_stored("its file is missing") : blob.error());
  }
  if (blob->info.size_bytes != file.file_size) return lost(not_what_was_stored("its file has another size"));
  Sha256Stream hash;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(piece_bytes, file.file_size + 1));
  for (std::uint64_t offset = 0;;) {
    const auto length = files_.read_at(blob->file.get(), buffer, offset);
    if (!length) return lost(length.error());
    if (*length == 0) break;
    const auto piece = std::span<const std::byte>(buffer).first(*length);
    hash.update(piece);
    offset += *length;
    if (auto taken = take(piece); !taken) return Failure{false, taken.error()};
  }
  if (hash.finish() != file.sha256) return lost(not_what_was_stored("its file has another hash"));
  return std::nullopt;
}

std::optional<BackupSource::Failure> BackupSource::prove(const db::StoredFile& file) const {
  return read(file, [](std::span<const std::byte>) { return Result<void>(); });
}

}  // namespace lightfast::lifecycle
