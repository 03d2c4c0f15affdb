// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'kphotoalbum',
  version: '5.9.1-1',
  downloadBytes: 12186928,
  deb: {
    path: 'pool/main/k/kphotoalbum/kphotoalbum_5.9.1-1_amd64.deb',
    sha256: '00f8b26b5db1beb30a822d15f464b3c68ffa556d267870aa98a59aaaaf81ec43',
  },
  licence: 'GPL-2+',
  folder: 'usr/share/kphotoalbum/demo',
  rows: `
heldout 1 25.76 e2a3ebc63306abf0a3ae898edd69fbc0a5cef16f28450ceb1d32c67c6f7b662a bar55_2.jpg
heldout 1 36.12 5a72fc60a65448e02e8022820ed5bc15d3e9ce4c92d55d51a7d760357cf704e7 blackie.jpg
heldout 1 27.42 c98f91990752bb6dff72bd8bb2820dc28317051c0e60ddf11822a39f076c31da donna.jpg
heldout 1 30.08 b476b81f11db406767598266f81cb8623204c8207f297e4abcf2055366794b5f donna_2.jpg
heldout 1 34.44 5d60136f1143918c30d5ddf8892216fc401ea126ed01afe1d8b9374cfae43669 grand_canyon_1.jpg
heldout 1 35.71 e7c5112cad4076c0b16f7a822b0bf559859ad84077705442769afb91c81bcb1b jesper_2.jpg
heldout 1 31.85 dd422c963594e0441ab66c600a322a0b7259dc4b9db535c9a30010b66ce14200 new_wave_1.jpg
heldout 1 31.55 a262d1ec436c0f41495963cbaaf69cb618da0b56a27fa03c0c1e3206e841a261 new_wave_2.jpg
heldout 1 30.25 c6b1c79236388d3a7608ce1b8702a613f3d62105e36dfebc1fce4efe16e42560 pool.jpg
heldout 1 33.19 12f4d580dff54dab5a4b0c81f4f208cdb1d134782c7b23d2f8c8bab09a80d458 qt-logo.jpg
heldout 1 29.26 7106574608681e7e3387bdc299663cbce521099e9fbff611decf227ee19e7780 snow.jpg
heldout 1 33.56 4d222fe255566ab7249db968d28aeed2c1ef5508ea79da870d7a5c5cfa290f78 spiff.jpg
heldout 1 36.58 9bbab84f204329e1def8c39dda58706aaccb4a913ced00c2593b299a971d2a53 spiff_2.jpg
heldout 1 27.14 1e5e3880f65a857181ec98b9fb686e1ebfd03fc6808f002d83aefe758eacece1 wayne.jpg
`,
};
