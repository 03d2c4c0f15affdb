// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'mate-backgrounds',
  version: '1.26.0-1',
  downloadBytes: 46638500,
  deb: {
    path: 'pool/main/m/mate-backgrounds/mate-backgrounds_1.26.0-1_all.deb',
    sha256: '7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04',
  },
  licence: 'GPL-2+',
  folder: 'usr/share/backgrounds/mate/nature',
  rows: `
train 3 39.47 5c30118205982da441bf7e6a1ada636a8a0be879408140b3148280c665ed6bce Aqua.jpg
train 2 33.55 8a67c2cb0be8c46b70c237311a4fa4d2b4ac7d39568135384787801fa5cc9a91 Dune.jpg
train 3 41.82 d3095ee09d425ef23d27155412136cf14fc3c9af76ca58b452f55e23da324e78 Garden.jpg
train 2 39.57 8fa0de0aa4089f7319c9fb7a6d006d4cab6023e8c8853731557cff53567b4832 GreenMeadow.jpg
train 3 41.91 e35a9a4126ef969c90b29c038058c5a575a20eadd84106a37bf1fa9931e7b61d LadyBird.jpg
train 3 36.10 665e5abf8a5399070a91a9a8e455fe071e5b61697ff78fdeda4e9843ef545aeb TwoWings.jpg
train 4 38.63 19c78500ac00a622e19907ab9cc7d06d46fe08c4a6142759a84195696150ec07 Wood.jpg
train 3 42.03 254da96256acb7add685679775a04d1e4a5bc8cd13e5a5a3d61351ce198a5306 YellowFlower.jpg
`,
};
