-- What is under way and what was answered, so that a restart neither forgets nor pays twice. Times are unix
-- milliseconds; a missing text is NULL, never ''.

-- The long texts stand last, so that reading the short columns never walks overflow pages.
CREATE TABLE jobs (
  id                TEXT    NOT NULL PRIMARY KEY,
  kind              TEXT    NOT NULL,             -- generate, import
  state             TEXT    NOT NULL CHECK (state IN ('queued', 'calling', 'running', 'fetching', 'succeeded', 'failed')),
  user_id           TEXT    NOT NULL,
  image_id          TEXT    NOT NULL,             -- reserved for the first output
  provider          TEXT,
  model             TEXT,
  prediction_id     TEXT,
  poll_url          TEXT,
  owner             TEXT,                         -- the process that runs it
  lease_until       INTEGER,
  deadline          INTEGER NOT NULL,
  attempts          INTEGER NOT NULL CHECK (attempts >= 0),
  source_fades_at   INTEGER,
  error_code        TEXT,
  error_detail      TEXT,
  error_members     TEXT,                         -- JSON
  webhook_url       TEXT,
  webhook_attempts  INTEGER NOT NULL CHECK (webhook_attempts >= 0),
  webhook_next_at   INTEGER,                      -- NULL: nothing to send
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  source_url        TEXT,
  outputs           TEXT,                         -- JSON
  provider_response TEXT,
  request           TEXT                          -- JSON: what was asked for
) STRICT;

CREATE UNIQUE INDEX jobs_by_image ON jobs (image_id);
CREATE INDEX jobs_by_state        ON jobs (state);
CREATE INDEX jobs_by_prediction   ON jobs (prediction_id, provider, created_at) WHERE prediction_id IS NOT NULL;
-- What fades soonest first; what doesn't fade, last.
CREATE INDEX jobs_unfinished      ON jobs (source_fades_at IS NULL, source_fades_at, created_at, id)
  WHERE state NOT IN ('succeeded', 'failed');
CREATE INDEX jobs_webhook_due     ON jobs (webhook_next_at, id) WHERE webhook_next_at IS NOT NULL;
CREATE INDEX jobs_over            ON jobs (updated_at)
  WHERE state IN ('succeeded', 'failed') AND webhook_next_at IS NULL;

-- The first answer to a request that its caller may send again.
CREATE TABLE idempotency_keys (
  caller       TEXT    NOT NULL,
  key          TEXT    NOT NULL,
  request_hash TEXT    NOT NULL,
  job_id       TEXT,
  status       INTEGER NOT NULL,                  -- 0: under way
  created_at   INTEGER NOT NULL,
  response     TEXT,
  PRIMARY KEY (caller, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
