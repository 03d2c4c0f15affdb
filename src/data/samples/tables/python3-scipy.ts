// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'python3-scipy',
  version: '1.10.1-2',
  downloadBytes: 15210448,
  deb: {
    path: 'pool/main/s/scipy/python3-scipy_1.10.1-2_amd64.deb',
    sha256: '75175eb18aa9ef6424c69050a751335fe686c24b65bc1773d0769a74a21c869d',
  },
  licence: 'public domain (upstream documentation)',
  folder: 'usr/lib/python3/dist-packages/scipy/misc',
  rows: `
heldout 1 31.80 9d8b0b4d081313e2b485748c770472e5a95ed1738146883d84c7030493e82886 face.dat
`,
};
