// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'python3-sklearn',
  version: '1.2.1+dfsg-1',
  downloadBytes: 2102964,
  deb: {
    path: 'pool/main/s/scikit-learn/python3-sklearn_1.2.1+dfsg-1_all.deb',
    sha256: 'ca0c6be401d14871c7e93cfdd8d1f561595dc65e6e2ad2501d568aee7f7efc58',
  },
  licence: 'CC-BY-2.0',
  folder: 'usr/lib/python3/dist-packages/sklearn/datasets/images',
  rows: `
heldout 1 23.06 8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29 china.jpg
`,
};
