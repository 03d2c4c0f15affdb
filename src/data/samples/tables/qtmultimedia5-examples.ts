// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'qtmultimedia5-examples',
  version: '5.15.8-2',
  downloadBytes: 780488,
  deb: {
    path: 'pool/main/q/qtmultimedia-opensource-src/qtmultimedia5-examples_5.15.8-2_amd64.deb',
    sha256: '0e5ee09c0be8efb0cbcd7715a4c2ae9fcd292bb637dbe4be9e668f36fb8dd2fc',
  },
  licence: 'LGPL-3 or GPL-2',
  folder: 'usr/lib/x86_64-linux-gnu/qt5/examples/multimedia/video/qmlvideo/images',
  rows: `
heldout 1 32.90 528375c44e6217112a46cfdfbe4127c12b9c1e994410514bf62104bdc83ecce8 leaves.jpg
`,
};
