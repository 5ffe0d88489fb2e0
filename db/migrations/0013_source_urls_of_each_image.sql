-- Every image that a URL became and not the latest alone: answers of providers show the first one as long as it lives,
-- and where the latest is removed another one is found. What only a key for one user has said of an image leads that
-- user alone to it.
CREATE TABLE source_urls_of_images (
  user_id    TEXT NOT NULL,
  url        TEXT NOT NULL,
  image_id   TEXT NOT NULL,
  first_seq  INTEGER NOT NULL,  -- the change by which the user first brought the URL in as this image
  last_seq   INTEGER NOT NULL,  -- and by which last
  is_hearsay INTEGER NOT NULL,
  PRIMARY KEY (user_id, url, image_id)
) STRICT, WITHOUT ROWID;

INSERT INTO source_urls_of_images SELECT user_id, url, image_id, 0, 1, 0 FROM source_urls;
INSERT OR IGNORE INTO source_urls_of_images
  SELECT user_id, source_url, id, 0, 0, 0 FROM hosted_images WHERE source_url IS NOT NULL;

DROP TABLE source_urls;
ALTER TABLE source_urls_of_images RENAME TO source_urls;

CREATE INDEX source_urls_by_image ON source_urls (image_id);
CREATE INDEX source_urls_by_url ON source_urls (url, image_id);
