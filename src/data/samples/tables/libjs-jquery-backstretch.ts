// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'libjs-jquery-backstretch',
  version: '2.1.17-4',
  downloadBytes: 8541008,
  deb: {
    path: 'pool/main/libj/libjs-jquery-backstretch/libjs-jquery-backstretch_2.1.17-4_all.deb',
    sha256: 'c9c7f74fddbfde20db58a241df9b0a609991532e289f4b187847124ee26cb60a',
  },
  licence: 'Expat',
  folder: 'usr/share/doc/libjs-jquery-backstretch/examples',
  rows: `
heldout 2 33.30 a35af6eb223f6357bac9bd906b8e516e4473599994a98c47a8bf4cbe31f3f722 coffee.jpg
heldout 1 24.55 3704f24b244393a93dd99e58268b7462b1ff561b0a57b1b47ff77f0ad8c1fe91 dome.jpg
heldout 1 26.10 f28a9105f6b245761984419c3c6790427c199c497c8acffca25356c0fa543573 pot-holder.jpg
heldout 1 26.42 60f406b1b4e2a764fa5f546ff5821fe82e92d2df4b58005959b6b489b0145f1a sample2_1920.jpg
`,
};
