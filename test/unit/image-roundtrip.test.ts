import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canHold } from '../../src/image/formats.ts';
import { writtenFormats } from '../../src/image/picture.ts';
import { place, readPicture, samples, writePicture } from '../image-kit.ts';

const [width, height] = [53, 37];

describe('writing a picture and reading it again', () => {
  for (const format of writtenFormats)
    for (const channels of [1, 2, 3, 4] as const)
      for (const depth of [8, 16] as const) {
        if (canHold(format, { channels, depth }).length > 0) continue;
        // As many bytes as one row: everything goes through the scratch folder.
        for (const memory of [1e8, width]) {
          const how = memory === width ? 'in strips' : 'at once';
          it(`${format}, ${channels} channels of ${depth} bits, ${how}`, async (t) => {
            const { scratch, path } = place(t);
            const spec = { width, height, channels, depth, format, metadata: {} };
            const rows = samples(width, height, channels, depth);
            const bytes = await writePicture(path('out'), spec, rows, {
              memory,
              scratch,
              lossless: true,
            });
            const { info, rows: back } = await readPicture(bytes, scratch, { memory });
            const asColour = format === 'webp' && channels < 3;
            assert.equal(info.channels, asColour ? channels + 2 : channels);
            assert.deepEqual([info.width, info.height, info.depth], [width, height, depth]);
            if (format === 'jpeg') return;
            if (!asColour) assert.deepEqual(back, rows);
            else
              for (let at = 0; at < width * height; at++)
                for (const [from, to] of [
                  [0, 0],
                  [0, 1],
                  [0, 2],
                  [channels - 1, channels + 1],
                ] as const)
                  assert.equal(back[at * info.channels + to], rows[at * channels + from]);
          });
        }
      }
});
