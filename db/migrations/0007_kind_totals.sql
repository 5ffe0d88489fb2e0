-- What lives, by where it came from and what it is: kept in the transaction that changes an image, so that statistics
-- need not look at every one. A provider that is not known is ''.
CREATE TABLE kind_totals (
  provider     TEXT    NOT NULL,
  content_type TEXT    NOT NULL,
  images       INTEGER NOT NULL CHECK (images >= 0),
  bytes        INTEGER NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (provider, content_type)
) STRICT, WITHOUT ROWID;
CREATE INDEX kind_totals_by_bytes ON kind_totals (bytes, provider, content_type);

INSERT INTO kind_totals (provider, content_type, images, bytes)
  SELECT coalesce(provider, ''), content_type, count(*), sum(file_size) FROM hosted_images
  WHERE deleted_at IS NULL GROUP BY 1, 2;
