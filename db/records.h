// The facts that are kept: plain structs, one per record, in the words of the tables (db/migrations).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/id.h"

namespace lightfast::db {

enum class Visibility { public_, private_ };
std::string_view to_string(Visibility visibility);  // "public", "private"
std::optional<Visibility> parse_visibility(std::string_view text);

// How the bytes came in. Generated images are never deduplicated.
enum class Origin { upload, import, generate };
std::string_view to_string(Origin origin);  // "upload", "import", "generate"
std::optional<Origin> parse_origin(std::string_view text);

// Where the bytes came from, as far as it is known; empty strings are stored as NULL.
struct ImageSource {
  std::string provider;
  std::string model;
  std::string prediction_id;
  std::string prompt;
  std::string source_url;
  std::string provider_response;  // the provider's raw JSON, up to 64 KB
  std::string details = {};       // of its making, a JSON object: seed, cost, parents, …; empty for none
  // The source_url is only what a key for one user says: it leads that user alone to the image. Not read again.
  bool is_hearsay = false;
};

// A named image's place: user/collection/name, and its number there.
struct ImageName {
  std::string collection;  // slugs
  std::string name;
};

struct ImageRecord {
  ImageId id;
  UserId user;
  Origin origin = Origin::upload;
  ImageSource source;
  std::string file_key;
  std::uint64_t file_size = 0;
  std::string file_stamp;  // storage::BlobStamp under which the hash was last verified; empty: verify at the next open
  std::string content_type;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  Sha256Digest sha256;
  Visibility visibility = Visibility::public_;
  bool pinned = false;
  std::optional<ImageName> name;
  std::uint32_t version = 0;  // 0 without a name
  bool is_current = false;
  std::string metadata;  // JSON text, empty for none
  Timestamp created_at{};
  Timestamp renewed_at{};  // what age counts from: created_at, or the last import of the same bytes
  Timestamp accessed_at{};
  std::uint64_t access_count = 0;
  std::optional<Timestamp> expires_at;  // asked for by the caller; the TTL of the configuration comes on top
  std::optional<Timestamp> deleted_at;  // in the trash since
  std::uint64_t change_seq = 0;
  std::optional<Timestamp> damaged_at;  // its file was found to differ from its hash
};

struct UserTotals {
  std::uint64_t images = 0;  // live ones
  std::uint64_t bytes = 0;
  std::uint64_t trash_images = 0;
  std::uint64_t trash_bytes = 0;
  std::uint64_t served_bytes = 0;
  std::optional<std::uint64_t> limit_images;  // the user's own limits; absent: the configuration's
  std::optional<std::uint64_t> limit_bytes;
};

// One user's or everybody's day. A restored image counts as added again.
struct DayCounters {
  std::string day;  // UTC, 2026-11-28
  std::uint64_t added = 0, added_bytes = 0;
  std::uint64_t removed = 0, removed_bytes = 0;
  std::uint64_t served = 0, served_bytes = 0;
};

struct KindTotals {
  std::string provider;  // empty: none
  std::string content_type;
  std::uint64_t images = 0;
  std::uint64_t bytes = 0;
};

struct Access {
  ImageId id;
  Timestamp last;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// In the trash, newest and oldest go by the time of removal.
enum class ListOrder { newest, oldest, largest, least_recently_accessed };

struct ImageQuery {
  std::optional<UserId> user;                                    // absent: all users (admin)
  std::string collection, name, provider, model, prediction_id;  // empty: any
  std::string text;      // found in prompt, metadata or details, case-insensitive
  bool deleted = false;  // the trash instead of the living
  ListOrder order = ListOrder::newest;
  std::uint32_t limit = 50;  // 1–1000
  std::string cursor;        // from the page before; Errc::invalid_request when it is not ours
};

struct ImagePage {
  std::vector<ImageRecord> images;
  std::string next_cursor;  // empty on the last page
};

// A change of a user's images, for devices that follow along; a removed image's change outlives its row.
struct ImageChange {
  std::uint64_t change_seq = 0;
  ImageId id;
  bool removed = false;
  std::optional<ImageRecord> image;  // where it still lives
};

}  // namespace lightfast::db
