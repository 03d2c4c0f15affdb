// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'tuxtype-data',
  version: '1.8.3-5.1',
  downloadBytes: 9877252,
  deb: {
    path: 'pool/main/t/tuxtype/tuxtype-data_1.8.3-5.1_all.deb',
    sha256: '62f85e2c6d6820efbaf1d914039b50c070bf5899b1d1d14aea00cebca14f4c78',
  },
  licence: 'GPL-2 (the package; its pictures are not listed one by one)',
  folder: 'usr/share/tuxtype/images',
  rows: `
heldout 1 32.71 23cb83649d79f256c7b3b7ab50673a6a1376657252a0630aef786d9196268ebf kcas0.jpg
heldout 1 25.48 a25678e2edcbd94eb12a07658c0ebea46e1881e03a2e8885b8037d1a36147003 kcas2.jpg
heldout 1 25.65 08e222d6a03d4e279ac233b92a95dd2eb201bc5a22fcfcee33f3d0ed50ae8e4b kcas3.jpg
heldout 1 26.06 d997584fb3dda48bea2c833f2b0bd5972fdb100062dd57e0f952d2897d96ab1e kcas4.jpg
heldout 1 31.85 0ab44b5e0aabd9e4c6fbca5ce9d281a8071d075b57d8980d0107c2350f409940 kcas5.jpg
heldout 1 32.73 a4d18775adb69dbf9c227593142628c2830754cbad2b647a5609efa3e3b73ab5 kcas6.jpg
heldout 1 22.92 ef58ba44632a6414e7461e0969139876cac2f8ea19547ea32ef05c8745261ad8 kcas7.jpg
heldout 1 31.16 57d99811fb19618fccd053e65aae7729077ffb113d9b5bd155d5a03c1c0d911d kcas8.jpg
heldout 1 25.43 a7de628547e9e9b3513893bb6fd979605175f3c4056346fb30ce8b8b51f3c8f3 kcas9.jpg
heldout 2 33.13 08e85261ed3e0f054453404a7bca1c37ab3f17f765cdf695dcb1247556874890 kcas10.jpg
heldout 1 25.32 60484eb87a953b6a9a71c87c9cfa9be567b2701ce4961aa5ed31c276653b4e79 kcas11.jpg
`,
};
