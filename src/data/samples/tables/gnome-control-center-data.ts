// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'gnome-control-center-data',
  version: '1:43.6-2~deb12u1',
  downloadBytes: 3594948,
  deb: {
    path: 'pool/main/g/gnome-control-center/gnome-control-center-data_43.6-2~deb12u1_all.deb',
    sha256: 'f76430c1f6db2be884bbc0e37cfa43752b49d252abb94d9cce494e8cdd8882a1',
  },
  licence: 'CC0-1.0, GPL-2+ or others of the package (its pictures are not listed one by one)',
  folder: 'usr/share/pixmaps/faces',
  rows: `
heldout 1 27.11 2fc77f3e1d08ca9a4e9eaade430c4cf7e3e6a77fb812192cc0a2be5c10c22cbb bicycle.jpg
heldout 1 29.98 5ab1ad4072e7877eb1546dd32e67cd5f0243152dda8a542cf6284b54f27d0612 book.jpg
heldout 1 33.93 217bb42d2828751ac10bfc0896cc8deae2b608617fcf78b84bc34e0a4527d046 calculator.jpg
heldout 1 31.92 c0636851d25a62d817ff7da4e081d1e646e42c74d0ecb53425f75fcf1ba43b52 cat.jpg
heldout 1 32.46 5b73f8fc7b6facd22149a972735a2d18f351d5f4eaf1f57b6f25553485c3c711 guitar2.jpg
heldout 1 37.72 b3e1227f3fddbf8d0f3072c2f4d81d8de8bdacc6abdb3dd66ec5a38eccf6bda2 hummingbird.jpg
heldout 1 37.49 197af96e234d1c3b12f307a9cbf855f3d209f58eaa5ba9b75f510b44555c3c7d plane.jpg
heldout 1 31.13 9b8e3c48b0b3acc5e0f31aa3ec61f7443e9b681ec6c3131a932bdb9105809e68 surfer.jpg
heldout 1 30.38 75cdbafa9c2e42ee4957cbc758129f618713c59fd3ac3b50930ff093f436f2f3 tomatoes.jpg
heldout 1 28.35 d4e71bc17a8ea092258a294e6655f30ee478a38e8917e8717fc974be85e90d3f tree.jpg
`,
};
