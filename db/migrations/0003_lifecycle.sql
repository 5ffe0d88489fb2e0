-- What cleaning, checking and mending need to know. A bare NULL or 0 at the end of a row costs its readers nothing.

ALTER TABLE hosted_images ADD COLUMN verified_at INTEGER;  -- the hash; NULL: not since it was stored
ALTER TABLE hosted_images ADD COLUMN damaged_at INTEGER;   -- found to differ from its hash since
-- 1: its file is being unlinked, it cannot be restored any more
ALTER TABLE hosted_images ADD COLUMN purging INTEGER NOT NULL DEFAULT 0
  CHECK (purging = 0 OR purging = 1 AND deleted_at IS NOT NULL);

CREATE INDEX images_purging      ON hosted_images (id) WHERE purging = 1;
CREATE INDEX images_damaged      ON hosted_images (id) WHERE damaged_at IS NOT NULL;
CREATE INDEX images_by_verified  ON hosted_images (coalesce(verified_at, created_at), id);
CREATE INDEX live_by_expiry      ON hosted_images (expires_at, id) WHERE deleted_at IS NULL AND expires_at IS NOT NULL;
-- Versions that are not current: of a user the least recently accessed first.
CREATE INDEX live_old_versions   ON hosted_images (user_id, accessed_at, id)
  WHERE deleted_at IS NULL AND name IS NOT NULL AND is_current = 0;

-- Past cleanups, and what each took for which reason.
CREATE TABLE cleanup_runs (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at   INTEGER NOT NULL,
  finished_at  INTEGER NOT NULL,
  trigger      TEXT    NOT NULL,                  -- who asked for it: daily, command, …
  errors       INTEGER NOT NULL,
  error_detail TEXT                               -- of the first one
) STRICT;
CREATE TABLE cleanup_run_sums (
  run_id INTEGER NOT NULL REFERENCES cleanup_runs (id) ON DELETE CASCADE,
  reason TEXT    NOT NULL,                        -- trash, ttl, user_limit, version, space
  images INTEGER NOT NULL,
  bytes  INTEGER NOT NULL,
  PRIMARY KEY (run_id, reason)
) STRICT, WITHOUT ROWID;

DROP VIEW hosted_images_readable;
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
       strftime('%Y-%m-%dT%H:%M:%SZ', coalesce(verified_at, created_at) / 1000, 'unixepoch') AS verified_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', damaged_at / 1000, 'unixepoch') AS damaged_at,
       purging, change_seq
FROM hosted_images;
