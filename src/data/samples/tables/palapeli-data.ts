// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'palapeli-data',
  version: '4:22.12.3-1',
  downloadBytes: 2136268,
  deb: {
    path: 'pool/main/p/palapeli/palapeli-data_22.12.3-1_all.deb',
    sha256: '69a15dce2ac25ed8708ac518cd0cee5f4eb0c70ed15da2fdb8899a19ac0ee058',
  },
  licence: 'GPL-2+',
  folder: 'usr/share/palapeli/collection',
  rows: `
heldout 1 28.95 f4a6bf48b97d97715413f9ebd2d8744bd46df0e492bc8326e2513d51084f2612 castle-maintenon.jpg
heldout 1 33.94 09772d09318b34a5c5edd58ee86ff462bcd2907006f31cc8e0704310f8e9ab60 cincinnati-bridge.jpg
heldout 1 35.79 0cbd7154a14789803167c86705130d0358875198231269df168ea26224e70848 citrus-fruits.jpg
heldout 2 34.58 9d54ae706bddd899c91b2b801d9ca4556a5a9a399b4043f9d539df62a8cb7f27 european-honey-bee.jpg
heldout 2 29.75 adb9e2834a8a3db40ca3817452b956ada527085e5aa2bd604c465651a3834ae4 panther-chameleon-female.jpg
`,
};
