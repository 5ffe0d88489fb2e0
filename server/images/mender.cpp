#include "server/images/mender.h"

#include "db/access.h"

namespace lightfast::images {
namespace {

Error no_such_image() {
  return {Errc::not_found, "there is no such image"};
}

Result<void> set_verified(db::Session& session, const std::vector<Mender::WholeFile>& files, Timestamp now) {
  for (const auto& file : files) {
    auto verified = session.images().set_verified(file.id, file.stamp.text, now);
    if (!verified && verified.error().code != Errc::not_found) return verified;
  }
  return {};
}

}  // namespace

void Mender::note_whole(std::vector<WholeFile> files) {
  const Timestamp now = clock_.now();
  database_.submit([files = std::move(files), now](db::Session& session) { return set_verified(session, files, now); },
                   [](Result<void>) {});
}

void Mender::tell_of_damage(const ExpectedFile& file, std::string_view what) {
  log_.error(what, {{"image", file.id.str()}, {"file", file.file_key}});
  alerts_.raise(AlertKind::file_quarantined, std::string(what) + ": " + file.file_key);
}

Result<void> Mender::mark(const ImageId& id) {
  const Timestamp now = clock_.now();
  return db::commit_blocking(database_, [&](db::Session& session) { return session.images().set_damaged(id, now); });
}

Result<void> Mender::note(const std::vector<WholeFile>& whole, const std::vector<ImageId>& wrong) {
  if (whole.empty() && wrong.empty()) return {};
  const Timestamp now = clock_.now();
  auto noted = db::commit_blocking(database_, [&](db::Session& session) -> Result<void> {
    if (auto verified = set_verified(session, whole, now); !verified) return verified;
    for (const auto& id : wrong) {
      auto marked = session.images().set_damaged(id, now);
      if (!marked && marked.error().code != Errc::not_found) return marked;
    }
    return {};
  });
  return wrong.empty() ? Result<void>() : noted;
}

// Whoever set it aside or put a whole one in its place held the lock, so what is there now is what counts.
void Mender::set_aside(const ExpectedFile& file, const storage::BlobStamp& seen) {
  if (!database_.require_changeable()) return;  // it may be the row that is wrong
  const std::lock_guard lock(one_at_a_time_);
  const auto now = storage_.status({file.file_key});
  if (!now || now->stamp != seen) return;
  const auto marked = mark(file.id);
  if (!marked && marked.error().code == Errc::not_found) return;  // removed for good meanwhile
  tell_of_damage(file, "an image's bytes are damaged; it is not served");
  const auto moved = storage_.set_aside({file.file_key}, storage::Aside::quarantine);
  if (marked && moved) return;
  const Error error = marked ? moved.error() : marked.error();
  log_.error("a damaged image could not be set aside", {{"file", file.file_key}, {"reason", explain(error)}});
}

// A removal for good marks the row before it unlinks: a file that is missing while its row is not marked is lost.
void Mender::note_missing(const ExpectedFile& file) {
  if (!database_.require_changeable()) return;
  const std::lock_guard lock(one_at_a_time_);
  const auto now = storage_.look({file.file_key});
  if (!now || *now == storage::Entry::blob) return;
  const auto row = find(file.id);
  if (!row || row->damaged_at) return;
  if (auto marked = mark(file.id); !marked && marked.error().code == Errc::not_found) return;
  tell_of_damage(file, "an image's file is missing; it is not served");
}

Result<db::StoredFile> Mender::find(const ImageId& id) {
  auto found = db::read(database_, [&](const db::Session& session) { return session.stored_files().find(id); });
  if (!found) return found.error();
  if (!*found || (*found)->purging) return no_such_image();
  return std::move(**found);
}

Result<std::optional<FileState>> Mender::state_of(const db::StoredFile& file) {
  auto blob = storage_.open({file.file_key});
  if (!blob && blob.error().code == Errc::not_found) return std::optional<FileState>();
  if (!blob) return blob.error();
  if (!file.damaged_at && blob->info.stamp.text == file.file_stamp) return std::optional(FileState::whole);
  auto state = compare(*blob, expected_file(file));
  if (!state) return state.error();
  if (*state == FileState::whole) note_whole({{file.id, blob->info.stamp}});
  return std::optional(*state);
}

Result<bool> Mender::is_whole(const db::StoredFile& file) {
  auto state = state_of(file);
  if (!state) return state.error();
  return *state == FileState::whole;
}

Result<void> Mender::make_room(const db::StoredFile& file) {
  const storage::BlobKey key{file.file_key};
  auto entry = storage_.look(key);
  if (!entry) return entry.error();
  if (*entry == storage::Entry::nothing) return {};
  auto moved = storage_.set_aside(
      key, *entry == storage::Entry::blob ? storage::Aside::quarantine : storage::Aside::lost_and_found);
  if (!moved && moved.error().code != Errc::not_found) return moved.error();
  return {};
}

// Without a stamp: the bytes were right where they lay; the next one who opens the file makes sure. Errc::not_found,
// and nothing is left of it, where the image was removed for good meanwhile.
Result<void> Mender::place(const db::StoredFile& file, storage::Aside where, const std::string& name) {
  const storage::BlobKey key{file.file_key};
  if (auto put = storage_.put_back(where, name, key); !put) return put.error();
  const Timestamp now = clock_.now();
  auto noted = db::commit_blocking(
      database_, [&](db::Session& session) { return session.images().set_verified(file.id, "", now); });
  if (!noted && noted.error().code == Errc::not_found) {
    (void)storage_.remove(key);
    return no_such_image();
  }
  if (!noted) log_.warning("a mended image is still marked", {{"file", key.text}, {"reason", explain(noted.error())}});
  return {};
}

Result<void> Mender::put_back(const ImageId& id, storage::Aside where, const std::string& name) {
  const std::lock_guard lock(one_at_a_time_);
  auto file = find(id);
  if (!file) return file.error();
  auto whole = is_whole(*file);
  if (!whole) return whole.error();
  if (*whole) return Error{Errc::conflict, "the image's own file is whole"};
  auto blob = storage_.open_aside(where, name);
  if (!blob) return blob.error();
  auto state = compare(*blob, expected_file(*file));
  if (!state) return state.error();
  if (*state != FileState::whole) return Error{Errc::damaged, "these are not the bytes of the image"};
  if (auto room = make_room(*file); !room) return room;
  if (auto placed = place(*file, where, name); !placed) return placed;
  log_.info("an image's file was put back", {{"image", id.str()}, {"file", file->file_key}});
  return {};
}

// As good as always: without waiting for others.
bool Mender::is_known_to_be_whole(const ImageId& id) {
  const auto file = find(id);
  if (!file || file->deleted_at || file->damaged_at) return false;
  const auto now = storage_.status({file->file_key});
  return now && now->stamp.text == file->file_stamp;
}

Result<void> Mender::heal(const ImageId& id, const storage::BlobKey& fresh) {
  if (is_known_to_be_whole(id)) return {};
  const std::lock_guard lock(one_at_a_time_);
  auto file = find(id);
  if (!file) return file.error();
  if (file->deleted_at) return no_such_image();
  auto whole = is_whole(*file);
  if (!whole) return whole.error();
  if (*whole) return {};
  if (auto room = make_room(*file); !room) return room;
  // By way of lost+found: should it break off here, the bytes are not lost.
  auto name = storage_.set_aside(fresh, storage::Aside::lost_and_found);
  if (!name) return name.error();
  auto placed = place(*file, storage::Aside::lost_and_found, *name);
  if (!placed && placed.error().code == Errc::not_found) {
    return Error{Errc::conflict, "the image was removed just now; try again"};
  }
  if (!placed) {
    (void)storage_.put_back(storage::Aside::lost_and_found, *name, fresh);
    return placed;
  }
  log_.info("a damaged image was healed by the same bytes", {{"image", id.str()}, {"file", file->file_key}});
  return {};
}

Result<bool> Mender::give_up(const ImageId& id) {
  const std::lock_guard lock(one_at_a_time_);
  auto file = find(id);
  if (!file && file.error().code == Errc::not_found) return false;
  if (!file) return file.error();
  auto whole = is_whole(*file);
  if (!whole) return whole.error();
  if (*whole) return false;
  if (auto room = make_room(*file); !room) return room.error();
  const Timestamp now = clock_.now();
  auto given_up = db::commit_blocking(database_, [&](db::Session& session) -> Result<void> {
    if (auto marked = session.images().set_damaged(id, now); !marked) return marked;
    auto removed = session.images().remove(id, now);
    if (!removed && removed.error().code != Errc::not_found) return removed.error();  // not_found: in the trash already
    return {};
  });
  if (!given_up) return given_up.error();
  log_.error("a lost image was given up", {{"image", id.str()}, {"file", file->file_key}});
  return true;
}

}  // namespace lightfast::images
