-- Ids that were promised before the bytes were known, and the image that was here already with those bytes: a URL once
-- handed out leads there for as long as the image is kept.
CREATE TABLE image_aliases (
  alias    TEXT NOT NULL PRIMARY KEY,
  image_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX image_aliases_by_image ON image_aliases (image_id);
