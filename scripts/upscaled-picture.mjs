// Crops of a photograph beside what `evensr upscale` made of it and what bicubic interpolation does, as WebP:
// node scripts/upscaled-picture.mjs PHOTO UPSCALED OUT.webp NETWORK [LEFT,TOP...]
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { renderSheet } from '../dist/src/report/sheet.js';

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(2);
};

const [photo, upscaled, out, network, ...places] = process.argv.slice(2);
if (places.length === 0)
  fail('usage: node scripts/upscaled-picture.mjs PHOTO UPSCALED OUT.webp NETWORK LEFT,TOP...');

/** Of the photograph. */
const crop = { width: 104, height: 80 };

async function imageOf(picture) {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

const small = await sharp(photo).metadata();
const large = await sharp(upscaled).metadata();
const scale = large.width / small.width;
if (scale !== large.height / small.height || !Number.isInteger(scale))
  fail(`${upscaled} is not ${photo} enlarged by an integer`);

const cut = (file, { left, top }, times) => {
  const [x, y, width, height] = [left, top, crop.width, crop.height].map((v) => v * times);
  return sharp(file).extract({ left: x, top: y, width, height });
};
const enlarged = { width: small.width * scale, height: small.height * scale };
const bicubic = await sharp(photo)
  .resize({ ...enlarged, kernel: 'cubic' })
  .png()
  .toBuffer();

const cells = [];
for (const text of places) {
  const [left, top] = text.split(',').map(Number);
  const at = { left, top };
  for (const picture of [cut(photo, at, 1), cut(bicubic, at, scale), cut(upscaled, at, scale)])
    cells.push({ image: await imageOf(picture) });
}

const sheet = await renderSheet({
  title: `A photograph of ${small.width} × ${small.height} pixels, ${scale} times as large`,
  columns: 3,
  headings: ['its pixels', 'bicubic', network],
  cells,
});
writeFileSync(out, await sharp(sheet).webp({ quality: 82 }).toBuffer());
process.stdout.write(`${out}\n`);
