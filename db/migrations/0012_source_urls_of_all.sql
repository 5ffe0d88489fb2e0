-- The image that a URL became, whoever brought it in.
CREATE INDEX source_urls_by_url ON source_urls (url, image_id);
