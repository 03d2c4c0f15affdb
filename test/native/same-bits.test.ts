import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { native } from '../../src/native.ts';
import { testImage } from './images.ts';
import { gaussianNoise, poissonNoise, type Size } from './noise.ts';
import {
  cameraNoise,
  correlatedNoise,
  poissonNoiseOf,
  resizeAs,
  spaceModes,
  speckleNoise,
} from './space-ops.ts';

const { _jpegDiff } = native as unknown as {
  _jpegDiff(image: Float32Array, height: number, width: number, quality: number): Float32Array;
};

const size: Size = [61, 83];
const image = testImage(...size, 11);

const mix = Float32Array.of(0.8, 0.3, -0.2, 0.6, 0.1, 0.7);
const camera = {
  ...{ gain: 1.3, red: 2.1, blue: 1.7, weights: [0.1, 0.2, 0.3, 0.4] },
  ...{ shot: 0.01, read: 0.002 },
};

// Every CPU and every SIMD version must give these bits; a new value is a break of reproducibility.
const pinned: Record<string, { run: () => Float32Array; sha256: string }> = {
  'Gaussian noise': {
    run: () => gaussianNoise(image, size, { level: 17.3 }),
    sha256: 'd91a2abcdf1166ae5f481b5e6738cce9bb41ffb539507fae6e4c4031f44059b0',
  },
  'gray Gaussian noise': {
    run: () => gaussianNoise(image, size, { level: 5.9, gray: true, stage: 1 }),
    sha256: '79f86626aafb32ff6e1209491501289922de64b358141c9b4829fb54c03b2ecc',
  },
  'Poisson noise': {
    run: () => poissonNoise(image, size, { level: 1.7 }),
    sha256: 'a4349caffe12c8d2227a489a088a09b3bdfe35a3f32cd04f359eed867b4bfb4a',
  },
  'gray Poisson noise': {
    run: () => poissonNoise(image, size, { level: 0.4, gray: true, stage: 1 }),
    sha256: 'f6711ccacf2b280a6e6a855d7a0871b0e86b0b5537b8a013a030b7b7678b30be',
  },
  DiffJPEG: {
    run: () => _jpegDiff(image, ...size, 61.8),
    sha256: 'e75a4418022dd65018458d04910964a7ee7a2e2bcf6943e56c9f56495fc8a9ac',
  },
  'correlated noise': {
    run: () => correlatedNoise(image, size, { level: 17.3, mix }),
    sha256: 'a997a23ea5cac6515ca150c3f4d920462deb4dca8728246d552c939e79727967',
  },
  speckle: {
    run: () => speckleNoise(image, size, { level: 21, mix, channels: 'correlated' }),
    sha256: '75ddaf71cdda502dea0a44836cdd45c32e691a1c79af22ac2b8602b266c19931',
  },
  'Poisson noise of few photons': {
    run: () => poissonNoiseOf(image, size, { vals: 123.4 }),
    sha256: 'd5910cae51f726194881e1767baea2afedd2f1ce323e05ab0dcd1b63a383c90e',
  },
  'Poisson noise of many photons': {
    run: () => poissonNoiseOf(image, size, { vals: 9876.5, gray: true, stage: 1 }),
    sha256: '130809b0e80ba7a17e7005da70225d356c5cc491c132a21375891a6203225e78',
  },
  'camera noise': {
    run: () => cameraNoise(image, size, camera),
    sha256: '1f7980978f12d529e4d771072cc7b326791ad6a09b88ab52f5bcb598f28eed92',
  },
  'resizes of other libraries': {
    run: () =>
      Float32Array.from(
        Object.keys(spaceModes).flatMap((mode) => [
          ...resizeAs(image, size, [31, 40], mode as keyof typeof spaceModes),
          ...resizeAs(image, size, [90, 77], mode as keyof typeof spaceModes),
        ]),
      ),
    sha256: '058e04cd4b7b669711d7014617d654d50d28b2088aef3b7f086d78cc9b044680',
  },
};

for (const [name, { run, sha256 }] of Object.entries(pinned)) {
  test(`${name} gives the same bits on every CPU`, () => {
    const out = run();
    const bytes = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  });
}
