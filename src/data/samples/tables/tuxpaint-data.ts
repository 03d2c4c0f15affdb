// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'tuxpaint-data',
  version: '1:0.9.28-sdl2-1',
  downloadBytes: 7855540,
  deb: {
    path: 'pool/main/t/tuxpaint/tuxpaint-data_0.9.28-sdl2-1_all.deb',
    sha256: 'f5d0de8f9a70d2efc1241d19f26168cb8bf279f1b77abd3631e7a1a55c40e5e5',
  },
  licence: 'GPL-2+',
  folder: 'usr/share/tuxpaint/templates',
  rows: `
heldout 1 32.06 14f3d6ad3fa5dd2cc0a2a996ed95d09e07f858269a0c90564d8f6f09d679f3b8 burnt_bark.jpg
heldout 1 29.20 ff8da5b7a4eb5f5558a9768764871330ba245dc54ff55d5766129f47a45e7392 cliff.jpg
heldout 1 31.86 e3c5dfd777c38fbf79126795ba1165fee41e62402436196363a5e2d938a2d3be corn_maze.jpg
heldout 1 30.94 153b9d8eb33c6f0f6c4a8014039606ccbf1a89677209877de64ab3645324edbb mossy_bark.jpg
heldout 1 35.48 02ba4842fcf5f48f000d8325da89d85bedd8edc0d8cf551603dfdcfca12064e2 mossy_log.jpg
heldout 1 36.32 ce1d13d3b66155bea3bc28db56694ade9ed27bd8814814672a0d58cd1b0d93f5 mudstone.jpg
heldout 1 37.92 a6c1697ed8dc06c72136041363b0808f5092625a466e8f9c5f7752375a398404 ocean_splash.jpg
heldout 1 34.36 b99c24c7148cb2935c7a9cfde12b81f368f8162e32349e554a8cb2dd44c5624e ocean_waves.jpg
heldout 1 31.38 cda5f9d27e979e01e22bc16fce24e00b175f4cbfa99e12aa414f308c9aa00745 redwoods_above.jpg
heldout 1 29.14 f3ddf517f26bc77a3f6a98010fc0bfa0ccac431869388755e0032a4f7bb6d748 rocks.jpg
heldout 1 28.67 cb408f8b3fc324798d012f71595a148f9fa360c17d1bde91371bd7c01e9cf881 sheep.jpg
heldout 1 29.41 d75bcb1c0c9cd3f9d9568b09f008e469c1e07ecc0fb84fe2aa858717228310c1 trees_above.jpg
heldout 1 25.38 9499116f8e8f494bd776b12b9cb4782a118662801ddff98c4127c866cf255720 trees_at_dusk.jpg
heldout 1 31.56 e66d36c482d32cc5bfd001923e584cf6398ef95039d92e9d2e65f64c33274a18 wool_mill_machine.jpg
`,
};
