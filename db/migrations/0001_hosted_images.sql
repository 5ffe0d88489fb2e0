-- Images, and everything that is counted about them. Times are unix milliseconds; a missing text is NULL, never ''.

-- The long texts stand last, so that reading the short columns never walks overflow pages.
CREATE TABLE hosted_images (
  id                TEXT    NOT NULL PRIMARY KEY,
  user_id           TEXT    NOT NULL,
  origin            TEXT    NOT NULL,             -- upload, import, generate
  provider          TEXT,
  model             TEXT,
  prediction_id     TEXT,
  file_key          TEXT    NOT NULL UNIQUE,      -- a stored file's name is never used twice
  file_size         INTEGER NOT NULL CHECK (file_size >= 0),
  file_stamp        TEXT,                         -- under which the hash was last verified
  content_type      TEXT    NOT NULL,
  width             INTEGER NOT NULL,
  height            INTEGER NOT NULL,
  sha256            TEXT    NOT NULL CHECK (length(sha256) = 64),
  visibility        TEXT    NOT NULL,             -- public, private
  pinned            INTEGER NOT NULL CHECK (pinned IN (0, 1)),
  collection        TEXT,
  name              TEXT,
  version           INTEGER,
  is_current        INTEGER NOT NULL CHECK (is_current IN (0, 1)),
  created_at        INTEGER NOT NULL,
  renewed_at        INTEGER NOT NULL,
  accessed_at       INTEGER NOT NULL,
  access_count      INTEGER NOT NULL,
  expires_at        INTEGER,
  deleted_at        INTEGER,                      -- in the trash since
  change_seq        INTEGER NOT NULL,
  prompt            TEXT,
  source_url        TEXT,
  metadata          TEXT,
  provider_response TEXT,
  CHECK ((collection IS NULL) = (name IS NULL) AND (name IS NULL) = (version IS NULL)),
  CHECK (is_current = 0 OR (name IS NOT NULL AND deleted_at IS NULL))
) STRICT;

-- The same bytes live once for a user, visibility and place; generated images are exempt.
CREATE UNIQUE INDEX hosted_images_same_bytes
  ON hosted_images (user_id, visibility, coalesce(collection, ''), coalesce(name, ''), sha256)
  WHERE deleted_at IS NULL AND origin <> 'generate';

CREATE UNIQUE INDEX hosted_images_version ON hosted_images (user_id, collection, name, version) WHERE name IS NOT NULL;
CREATE UNIQUE INDEX hosted_images_current ON hosted_images (user_id, collection, name) WHERE is_current = 1;
CREATE UNIQUE INDEX hosted_images_change  ON hosted_images (user_id, change_seq);

-- The lists, each in the order it is asked for: (scope, key, id).
CREATE INDEX live_by_user_created    ON hosted_images (user_id, created_at, id)  WHERE deleted_at IS NULL;
CREATE INDEX live_by_user_size       ON hosted_images (user_id, file_size, id)   WHERE deleted_at IS NULL;
CREATE INDEX live_by_user_accessed   ON hosted_images (user_id, accessed_at, id) WHERE deleted_at IS NULL;
CREATE INDEX live_by_created         ON hosted_images (created_at, id)           WHERE deleted_at IS NULL;
CREATE INDEX live_by_size            ON hosted_images (file_size, id)            WHERE deleted_at IS NULL;
CREATE INDEX live_by_accessed        ON hosted_images (accessed_at, id)          WHERE deleted_at IS NULL;
CREATE INDEX live_by_collection      ON hosted_images (user_id, collection, created_at, id)
  WHERE deleted_at IS NULL AND collection IS NOT NULL;
CREATE INDEX live_by_name            ON hosted_images (user_id, collection, name, created_at, id)
  WHERE deleted_at IS NULL AND name IS NOT NULL;
CREATE INDEX live_by_prediction      ON hosted_images (prediction_id, user_id, created_at, id)
  WHERE deleted_at IS NULL AND prediction_id IS NOT NULL;
CREATE INDEX trash_by_user_deleted   ON hosted_images (user_id, deleted_at, id)  WHERE deleted_at IS NOT NULL;
CREATE INDEX trash_by_deleted        ON hosted_images (deleted_at, id)           WHERE deleted_at IS NOT NULL;

-- A name's numbers. The row outlives its images, so a number is never used twice; current_version stays when that
-- version is removed, so that no older one takes its place and its restoration makes it current again.
CREATE TABLE image_names (
  user_id         TEXT    NOT NULL,
  collection      TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  last_version    INTEGER NOT NULL,
  current_version INTEGER NOT NULL CHECK (current_version <= last_version),
  PRIMARY KEY (user_id, collection, name)
) STRICT, WITHOUT ROWID;

-- What remains of a purged image for devices that follow a user's changes.
CREATE TABLE image_tombstones (
  user_id    TEXT    NOT NULL,
  change_seq INTEGER NOT NULL,
  id         TEXT    NOT NULL,
  deleted_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, change_seq)
) STRICT, WITHOUT ROWID;

-- Monotone numbers; never max()+1, which would use a purged row's number again.
CREATE TABLE sequences (
  name TEXT    NOT NULL PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sequences (name, last) VALUES ('change', 0);

-- Totals kept in the transaction that changes an image.
CREATE TABLE users (
  user_id      TEXT    NOT NULL PRIMARY KEY,
  images       INTEGER NOT NULL DEFAULT 0 CHECK (images >= 0),
  bytes        INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
  trash_images INTEGER NOT NULL DEFAULT 0 CHECK (trash_images >= 0),
  trash_bytes  INTEGER NOT NULL DEFAULT 0 CHECK (trash_bytes >= 0),
  served_bytes INTEGER NOT NULL DEFAULT 0 CHECK (served_bytes >= 0),
  limit_images INTEGER,
  limit_bytes  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX users_by_bytes ON users (bytes, user_id);

-- Of a UTC day. A restored image counts as added again, so added - removed over all days is what lives.
CREATE TABLE daily_counters (
  day           TEXT    NOT NULL,
  user_id       TEXT    NOT NULL,
  added         INTEGER NOT NULL DEFAULT 0,
  added_bytes   INTEGER NOT NULL DEFAULT 0,
  removed       INTEGER NOT NULL DEFAULT 0,
  removed_bytes INTEGER NOT NULL DEFAULT 0,
  served        INTEGER NOT NULL DEFAULT 0,
  served_bytes  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_counters_by_user ON daily_counters (user_id, day);

CREATE TABLE settings (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- For a person with a shell: the same rows with times to read.
CREATE VIEW hosted_images_readable AS
SELECT id, user_id, origin, provider, model, prediction_id, prompt, source_url, file_key, file_size, file_stamp,
       content_type, width, height, sha256, visibility, pinned, collection, name, version, is_current, metadata,
       provider_response,
       strftime('%Y-%m-%dT%H:%M:%SZ', created_at / 1000, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', renewed_at / 1000, 'unixepoch') AS renewed_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', accessed_at / 1000, 'unixepoch') AS accessed_at,
       access_count,
       strftime('%Y-%m-%dT%H:%M:%SZ', expires_at / 1000, 'unixepoch') AS expires_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', deleted_at / 1000, 'unixepoch') AS deleted_at,
       change_seq
FROM hosted_images;
