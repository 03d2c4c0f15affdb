// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'python3-skimage',
  version: '0.19.3-8',
  downloadBytes: 20713608,
  deb: {
    path: 'pool/main/s/skimage/python3-skimage_0.19.3-8_all.deb',
    sha256: '728d88c3e3440f1f3712de0805dc834d29248ff07e1eec8c0f3da07606f752f9',
  },
  licence: 'public domain or CC0 (upstream documentation)',
  folder: 'usr/lib/python3/dist-packages/skimage/data',
  rows: `
heldout 1 30.42 88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5 astronaut.png
heldout 1 33.98 596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb chelsea.png
heldout 1 29.25 cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7 coffee.png
heldout 1 28.80 db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179 motorcycle_left.png
heldout 1 30.94 c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c rocket.jpg
`,
};
