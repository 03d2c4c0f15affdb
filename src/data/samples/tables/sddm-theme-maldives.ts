// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'sddm-theme-maldives',
  version: '0.19.0-5',
  downloadBytes: 1248792,
  deb: {
    path: 'pool/main/s/sddm/sddm-theme-maldives_0.19.0-5_all.deb',
    sha256: 'd19c0004785df6bccdee3090a0b2cf606fe5dc074183a478bdeb04094ff728e6',
  },
  licence: 'CC-BY-3.0',
  folder: 'usr/share/sddm/themes/maldives',
  rows: `
heldout 2 29.80 032d28ee4f3d885e9340ae430457fd59341e9fbf8ca45502d86ad14362ffb4a0 background.jpg
`,
};
