// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'hugin-data',
  version: '2022.0.0+dfsg-2',
  downloadBytes: 7995996,
  deb: {
    path: 'pool/main/h/hugin/hugin-data_2022.0.0+dfsg-2_all.deb',
    sha256: '0289091920be52eec91bf1ae6739a2dfe6c0075fc187daf3a39f765a8eab22e0',
  },
  licence: 'GPL-2+',
  folder: 'usr/share/hugin/xrc/data/help_en_EN',
  rows: `
heldout 1 22.11 dc09f0151feaa78e5ddc51e7448cedff9d81dbe87487d4c2da092e8ac4cd2d95 CA_fringes00.jpg
heldout 1 25.73 1108a76b0ee1b0920808dc69d30bfc382cebabf017de9547e65e119bdae46b45 CA_tCA00.jpg
`,
};
