-- What is known of how an image was made, beside its prompt: seed, time, cost, credit, the images that it came from. A
-- JSON object, or NULL. It stands in the job until the outputs are images.
ALTER TABLE jobs ADD COLUMN details TEXT;
ALTER TABLE hosted_images ADD COLUMN details TEXT;

DROP VIEW hosted_images_readable;
CREATE VIEW hosted_images_readable AS
SELECT id, user_id, origin, provider, model, prediction_id, prompt, source_url, file_key, file_size, file_stamp,
       content_type, width, height, sha256, visibility, pinned, collection, name, version, is_current, metadata,
       details, provider_response,
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
