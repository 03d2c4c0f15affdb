// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'libjxl-testdata',
  version: '0.0~git20230110.d6168ff-1',
  downloadBytes: 55818872,
  deb: {
    path: 'pool/main/libj/libjxl-testdata/libjxl-testdata_0.0~git20230110.d6168ff-1_all.deb',
    sha256: 'a58523413f486760a0f3cbc931142a27e3aa25f77315b862046f089ed34aa2c7',
  },
  licence: "BSD-3-clause or CC0, per file in the package's copyright file",
  folder: 'usr/share/libjxl-testdata',
  rows: `
heldout 2 33.80 06fe0af7a5c790d2932a40e2d76b0d91aa6e73f3e55cc3f97ea6afae0133c2e7 jxl/flower/flower.png
heldout 1 32.71 df2efb86c6114dba264c849ac0ae3a073c663d5aa55890fa276b8bd3b0efb2ae jxl/hdr_room.png
heldout 1 30.40 f4e2d8da468a4f6bfd3a651a7f0a24c2b883e7f398b326c0e77a9dab42fb5322 external/wesaturate/500px/cvo9xd_keong_macan_srgb8.png
heldout 1 33.29 9631423e430c1682fca3c2212adc6ae046df8839d22dfaa8b662761f34b6f711 external/wesaturate/500px/u76c0g_bliznaca_srgb8.png
`,
};
