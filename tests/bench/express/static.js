// A folder of images behind express.static, as one would write it by hand.
const express = require('express');

const app = express();
app.use(process.env.PREFIX, express.static(process.env.IMAGES, {maxAge: '1y', immutable: true, index: false}));
app.listen(Number(process.env.PORT), '127.0.0.1');
