// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'plasma-workspace-wallpapers',
  version: '4:5.27.5-2',
  downloadBytes: 94047772,
  deb: {
    path: 'pool/main/p/plasma-workspace-wallpapers/plasma-workspace-wallpapers_5.27.5-2_all.deb',
    sha256: '32cd18b71c8c938a18b3b351f217c02ac590e323caa3cf322fbb875ce8892f8b',
  },
  licence: 'GPL-2+',
  folder: 'usr/share/wallpapers',
  rows: `
train 2 33.85 c272434ef39f2abf1ed48a15a8910088020f3165329a5092f3940ec9464bc05f BytheWater/contents/images/2560x1600.jpg
train 1 33.72 05bef6722fc0ed81292cceb3ed026c38d17e510f3c84be7d68610c2b1a723c3f ColdRipple/contents/images/2560x1600.jpg
train 2 34.14 6e0f3a72feb5a4a9fec191b77e34874c3c69e2d93040deb3f07773e73385023d ColorfulCups/contents/images/2560x1600.jpg
train 1 28.82 586682dcb362b9f620068f10138f87d0d3649939aef238adc5807cb951976a7a EveningGlow/contents/images/2560x1600.jpg
train 3 37.90 95603a6560c7e8d50e0e03b3f4adbe39c5258c72528e74e4ecaea1daf4e499de FallenLeaf/contents/images/2560x1600.jpg
train 2 32.93 88c31d8944b7e6935d1b9a296654c692f0772cb512491713eb30a972a604c0ed Grey/contents/images/2560x1600.jpg
train 3 43.81 bdca288ce296a981e80659c021cf707caddc702c0c8d4247e60bd618476d47f8 Kite/contents/images/2560x1600.jpg
train 1 33.58 cb507baf1dafdcae362264f3aba9483ed4be5f6c9fdd770f0ec0920c6d9e80fd OneStandsOut/contents/images/2560x1600.jpg
train 1 28.33 7477457d7f17b736259f1b021864778ad4ba802cf3214e6728181ff29126bba8 Path/contents/images/2560x1600.jpg
`,
};
