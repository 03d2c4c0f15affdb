// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'python-matplotlib-data',
  version: '3.6.3-1',
  downloadBytes: 2743688,
  deb: {
    path: 'pool/main/m/matplotlib/python-matplotlib-data_3.6.3-1_all.deb',
    sha256: 'e4150fcebd35ea11e0f66268da97ce62f98a4cf530c944f755f241da1a9158f9',
  },
  licence: 'licence of matplotlib (the picture: public domain, US Navy)',
  folder: 'usr/share/matplotlib/mpl-data/sample_data',
  rows: `
heldout 1 29.15 a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130 grace_hopper.jpg
`,
};
