// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'lxqt-themes',
  version: '1.2.0-1',
  downloadBytes: 25778012,
  deb: {
    path: 'pool/main/l/lxqt-themes/lxqt-themes_1.2.0-1_all.deb',
    sha256: 'd518df36b515b09d36cb00b12645dd8ce170bb82bb0966297741905ce3edc8e1',
  },
  licence: 'CC-BY-SA-3.0',
  folder: 'usr/share/lxqt/wallpapers',
  rows: `
train 4 39.08 e6cb8b3e09b904cc493ff17fddcd564d4e46a1761d05adf972c285a1fd878234 after-the-rain.jpg
train 4 41.30 bae8a8eb8274b29509f1cbbfe250081331c5704a1fea25d5052166a0451e67f3 appleflower.png
train 3 36.80 13175434d99075e075de7321942e66169e3c99ac9416024dcf4123bd3b38749c butterfly.png
train 4 36.71 3a935d8be4d6c9784f9079ff2814acd2de2c8406e9fe584be03e90264f37c371 flowers.png
train 3 41.22 a8235344ee6b5ab1b6de3ccef731bcc0e6509cf33ce832db87eae1eb75987083 fog.jpg
train 2 34.97 2d885e0438c0ab244f818d33d8f745a1cc486558462faf9bf3948675c68ac227 this-is-not-windows.jpg
`,
};
