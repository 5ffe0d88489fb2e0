-- One URL of a user is brought in by one job at a time, whoever asks for it.
CREATE INDEX jobs_by_source ON jobs (source_url, user_id, created_at) WHERE source_url IS NOT NULL;
