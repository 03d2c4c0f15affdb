// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'darknet',
  version: '0.0.0+git20180914.61c9d02e-2+b4',
  downloadBytes: 3277612,
  deb: {
    path: 'pool/main/d/darknet/darknet_0.0.0+git20180914.61c9d02e-2+b4_amd64.deb',
    sha256: '9ca14d36112d242a782bfed4104fa5adcd2ae8bc599ab610f42eb609ee125a01',
  },
  licence: 'GPL-3+ or MIT or WTFPL',
  folder: 'usr/share/darknet/data',
  rows: `
heldout 1 29.50 5a9522051c3cec2bbd2f6323fccba32e8fbf3ddcc2b3e2fd46b04c720bc6f866 dog.jpg
heldout 1 30.89 f95f57297fd51a6c5ddceb5ed6916fa759d1d65f402fee34c05b31a9608755c0 eagle.jpg
heldout 1 19.67 00dc48a9b2af8a1fe4c4b79319726591f1033c7e1150f21e7577a79f3b6659f1 giraffe.jpg
heldout 1 31.49 c8f0a677a1356569e2ce71d2fa88c1030c0ae57ecf5e14170e02d9a86a20dcb4 horses.jpg
heldout 1 33.27 87410f52f79cc256c3949b48a3548632c07c8e9943468ef8caa6250f6643be8e kite.jpg
heldout 1 29.40 cdcbab947e46110fc2b77784ac54ddbbab2640f1e44cb5e91fc8984a9793a7d1 person.jpg
`,
};
