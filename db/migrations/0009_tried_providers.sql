-- The providers that a job tried and that failed, as JSON, so that its answer can tell of each; NULL where it was to try
-- only one.
ALTER TABLE jobs ADD COLUMN tried TEXT;
