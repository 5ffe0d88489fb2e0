#include "server/lifecycle/row_check.h"

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {

constexpr std::uint32_t page_size = 1000;
constexpr std::uint64_t few_images = 10;

bool is_wrong(Problem problem) {
  return problem == Problem::wrong_size || problem == Problem::wrong_hash;
}

std::string sizes(std::uint64_t is, std::uint64_t should_be) {
  return std::to_string(is) + " bytes, should be " + std::to_string(should_be);
}

}  // namespace

Result<db::StoredFiles::Files> RowCheck::rows_after(const std::optional<db::StoredFile>& last) {
  return db::read(database_, [&](const db::Session& session) { return session.stored_files().by_id(last, page_size); });
}

Result<void> RowCheck::run(CheckRun& run) {
  auto totals = db::read(database_, [](const db::Session& session) { return session.users().everybody(); });
  if (!totals) return totals.error();
  run.progress.begin("comparing images", totals->images + totals->trash_images);
  std::optional<db::StoredFile> last;
  for (;;) {
    auto rows = rows_after(last);
    if (!rows) return rows.error();
    if (rows->empty()) return {};
    Page page;
    for (const auto& row : *rows) {
      if (run.stop.stop_requested()) {
        run.report.complete = false;
        return {};
      }
      if (auto checked = check(run, row, page); !checked) return checked;
      run.progress.done += 1;
      run.report.images += 1;
    }
    if (auto noted = mender_.note(page.whole, page.wrong); !noted) return noted;
    last = std::move(rows->back());
  }
}

Result<void> RowCheck::check(CheckRun& run, const db::StoredFile& file, Page& page) {
  auto fault = look(run, file, page);
  if (!fault) return fault.error();
  if (!*fault) return {};
  auto stands = still_stands(file.id, **fault);
  if (!stands) return stands.error();
  if (!*stands) return {};
  const Problem problem = (*fault)->problem;
  if (is_wrong(problem) || (run.options.repair && problem != Problem::unreadable_file)) page.wrong.push_back(file.id);
  return run.found(problem, file.file_key, std::move((*fault)->detail));
}

// A removal for good marks the row before it unlinks: what was found of a row that is not marked even now was true. It
// may have been mended since.
Result<bool> RowCheck::still_stands(const ImageId& id, const Fault& fault) {
  auto row = db::read(database_, [&](const db::Session& session) { return session.stored_files().find(id); });
  if (!row) return row.error();
  if (!*row || (*row)->purging) return false;
  auto now = storage_.status({(*row)->file_key});
  const bool is_another_file = now && now->stamp != fault.seen;
  return !is_another_file || (*row)->damaged_at || now->stamp.text != (*row)->file_stamp;
}

RowCheck::Look RowCheck::look(CheckRun& run, const db::StoredFile& file, Page& page) {
  auto status = storage_.status({file.file_key});
  if (!status && status.error().code == Errc::not_found) return without_file(file);
  if (!status) return std::optional(Fault{Problem::unreadable_file, explain(status.error())});
  if (status->size_bytes != file.file_size) {
    return std::optional(Fault{Problem::wrong_size, sizes(status->size_bytes, file.file_size), status->stamp});
  }
  const bool is_known = !file.damaged_at && status->stamp.text == file.file_stamp;
  if (is_known && !run.options.verify_hashes) return std::optional<Fault>();
  return read(run, file, page);
}

RowCheck::Look RowCheck::without_file(const db::StoredFile& file) {
  auto entry = storage_.look({file.file_key});
  if (!entry) return entry.error();
  if (*entry == storage::Entry::something_else) {
    return std::optional(Fault{Problem::not_a_file, "where an image's file should be"});
  }
  if (!file.damaged_at) return std::optional(Fault{Problem::missing_file, file.deleted_at ? "in the trash" : ""});
  if (file.deleted_at) return std::optional<Fault>();  // given up
  return std::optional(Fault{Problem::damaged_image, "since " + to_iso8601(*file.damaged_at)});
}

RowCheck::Look RowCheck::read(CheckRun& run, const db::StoredFile& file, Page& page) {
  auto blob = storage_.open({file.file_key});
  if (!blob && blob.error().code == Errc::not_found) return without_file(file);
  if (!blob) return std::optional(Fault{Problem::unreadable_file, explain(blob.error())});
  const storage::BlobStamp& stamp = blob->info.stamp;
  images::read_from_disk(*blob);
  auto state =
      images::compare(*blob, images::expected_file(file), [&](std::size_t) { return !run.stop.stop_requested(); });
  if (!state) return std::optional(Fault{Problem::unreadable_file, explain(state.error()), stamp});
  switch (*state) {
    case images::FileState::unfinished: return std::optional<Fault>();
    case images::FileState::wrong_size:
      return std::optional(Fault{Problem::wrong_size, sizes(blob->info.size_bytes, file.file_size), stamp});
    case images::FileState::wrong_hash:
      run.report.hashed += 1;
      return std::optional(Fault{Problem::wrong_hash, "", stamp});
    case images::FileState::whole: break;
  }
  run.report.hashed += 1;
  page.whole.push_back({file.id, stamp});
  return std::optional<Fault>();
}

Result<bool> RowCheck::finds_any_file() {
  std::uint64_t images = 0;
  std::optional<db::StoredFile> last;
  for (;;) {
    auto rows = rows_after(last);
    if (!rows) return rows.error();
    if (rows->empty()) return images < few_images;
    for (const auto& row : *rows) {
      if (row.damaged_at || row.purging) continue;
      if (storage_.status({row.file_key})) return true;
      ++images;
    }
    last = std::move(rows->back());
  }
}

}  // namespace lightfast::lifecycle
