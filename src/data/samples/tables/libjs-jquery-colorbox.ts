// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'libjs-jquery-colorbox',
  version: '1.6.4-1.1',
  downloadBytes: 796128,
  deb: {
    path: 'pool/main/j/jquery-colorbox/libjs-jquery-colorbox_1.6.4-1.1_all.deb',
    sha256: 'af10fdea285bbb34ecfb6c464855d1b5b645072c57696968d12166facc85c103',
  },
  licence: 'Expat',
  folder: 'usr/share/doc/libjs-jquery-colorbox/examples/content',
  rows: `
heldout 1 27.45 1f5398666780e543e604f20558f32773a4877a708c7af78913c6c1fede49a199 daisy@2x.jpg
heldout 1 26.45 c68ecb7f5d395d74bf1bd05016f0c557d61698d429657607e6939bee7a3753b8 ohoopee1.jpg
heldout 1 28.06 88533458ee3b3833608f08675d4fb9152162ee72090d7b1b2f2c4a1afc11e7ef ohoopee3.jpg
`,
};
