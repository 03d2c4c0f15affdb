// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'digikam-data',
  version: '4:7.9.0-1',
  downloadBytes: 11000040,
  deb: {
    path: 'pool/main/d/digikam/digikam-data_7.9.0-1_all.deb',
    sha256: 'a941a504ba7bdf9d276a43ca3c2a0b2b5b74a55420d8c4b4f29d681e96cbf450',
  },
  licence: 'GPL-2+',
  folder: 'usr/share/digikam/about/images',
  rows: `
heldout 3 31.55 c7be31659ad55ee2b88bc5d0651ce7925829a34ca843e620b6d23c6303e36860 body-background.jpg
`,
};
