-- Every source URL that was ever brought in, and the image that it became: imports that are run again fetch only what is
-- missing, also where other bytes' image was here already.
CREATE TABLE source_urls (
  user_id  TEXT NOT NULL,
  url      TEXT NOT NULL,
  image_id TEXT NOT NULL,
  PRIMARY KEY (user_id, url)
) STRICT, WITHOUT ROWID;

CREATE INDEX source_urls_by_image ON source_urls (image_id);

INSERT OR IGNORE INTO source_urls (user_id, url, image_id)
  SELECT user_id, source_url, id FROM hosted_images WHERE source_url IS NOT NULL ORDER BY id;
