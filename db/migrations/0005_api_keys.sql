-- Keys made by `lightfast keys create`. Of the key itself only the SHA-256 is kept. Revoked ones stay, to be seen.
CREATE TABLE api_keys (
  id           TEXT    NOT NULL PRIMARY KEY,      -- the first 16 digits of secret_hash
  name         TEXT    NOT NULL,
  secret_hash  TEXT    NOT NULL CHECK (length(secret_hash) = 64),
  user_id      TEXT,                              -- NULL: works for every user
  scopes       TEXT    NOT NULL,                  -- some of read,write,admin
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

-- A revoked key's name is free again.
CREATE UNIQUE INDEX api_keys_living_name ON api_keys (name) WHERE revoked_at IS NULL;
