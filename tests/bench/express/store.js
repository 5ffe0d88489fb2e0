// Express with better-sqlite3: stores an uploaded image with the same durability that Lightfast gives (the file and its
// folder synced, the row committed with synchronous=FULL before the answer), but does not look whether it is one.
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const Database = require('better-sqlite3');
const express = require('express');

const folder = process.env.FOLDER;
const database = new Database(path.join(folder, 'express.db'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE images(id TEXT PRIMARY KEY, user TEXT, size INTEGER, sha256 TEXT, created INTEGER)');
const insert = database.prepare('INSERT INTO images VALUES (?, ?, ?, ?, ?)');

async function sync(name) {
  const handle = await fs.promises.open(name, 'r');
  await handle.sync();
  await handle.close();
}

const app = express();
app.post('/v1/images/upload', express.raw({type: 'image/*', limit: '50mb'}), async (request, response) => {
  const user = String(request.query.user_id);
  const id = crypto.randomUUID();
  const place = path.join(folder, user);
  await fs.promises.mkdir(place, {recursive: true});
  const partial = path.join(place, `.${id}.part`);
  await fs.promises.writeFile(partial, request.body);
  await sync(partial);
  await fs.promises.rename(partial, path.join(place, `${id}.png`));
  await sync(place);
  const sha256 = crypto.createHash('sha256').update(request.body).digest('hex');
  insert.run(id, user, request.body.length, sha256, Date.now());
  response.status(201).json({id, user_id: user, sha256, size_bytes: request.body.length});
});
app.listen(Number(process.env.PORT), '127.0.0.1');
