// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'qtdeclarative5-examples',
  version: '5.15.8+dfsg-3',
  downloadBytes: 5153092,
  deb: {
    path: 'pool/main/q/qtdeclarative-opensource-src/qtdeclarative5-examples_5.15.8+dfsg-3_amd64.deb',
    sha256: '1602b071cdf66fa4711a47e0e341f4a4f70127c3ebfd7bbef1206a24dd488108',
  },
  licence: 'BSD-3-clause',
  folder: 'usr/lib/x86_64-linux-gnu/qt5/examples/quick/customitems/scrollbar/pics',
  rows: `
heldout 2 32.24 a480f09e2640212f2848773929feef7d49e682c5e72de525756953ee5a3f9a56 niagara_falls.jpg
`,
};
