// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'lomiri-wallpapers-20.04',
  version: '20.04.0-2',
  downloadBytes: 11377208,
  deb: {
    path: 'pool/main/l/lomiri-wallpapers/lomiri-wallpapers-20.04_20.04.0-2_all.deb',
    sha256: 'd44e89b8473aafe64a5b678f014862dc31335aaaf18665c544d985d854f1a709',
  },
  licence: "CC-BY-4.0, CC-BY-SA-4.0 or CC0, per file in the package's copyright file",
  folder: 'usr/share/backgrounds',
  rows: `
heldout 7 37.07 6572410c09f4492c74ccadde133565a14c0161617d5917d4c820c66d65a44ba7 Kleiber_by_Lukas_Baubkus.jpg
`,
};
