// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'opencv-doc',
  version: '4.6.0+dfsg-12',
  downloadBytes: 95715012,
  deb: {
    path: 'pool/main/o/opencv/opencv-doc_4.6.0+dfsg-12_all.deb',
    sha256: '4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a',
  },
  licence: 'Apache-2.0 or BSD-3-clause (the package; its pictures are not listed one by one)',
  folder: 'usr/share/doc/opencv-doc/examples',
  rows: `
heldout 1 31.78 d9a69191f6e3642ea361bc3c62e677b2f40fe6534b78da540f4155e0734b59ef data/aero1.jpg
heldout 1 32.69 cce5736808efe80d9f04b118dbb978c344d4345672b332718c3e039a3eeb8eee data/aloeL.jpg
heldout 1 35.15 e86879de3d9a807dedc742a8f464f39e6b74bbb531a1fba3583155d94997d1cd data/apple.jpg
heldout 1 23.44 1a1dd18d78eec44420af3b0b7f08ee3d41c982916cae3ce203d7ff35d754cc0f data/baboon.jpg
heldout 1 20.12 4c9a24ba67138ad5486d550f586cc5dd1161be112f1c1bea336d6c550cdf255f data/board.jpg
heldout 1 34.69 742a1baad62ac82e91e718e77eedf7e85c2eddc4badfb8c87c6cbc86c45a8b07 data/building.jpg
heldout 1 35.69 9c031d80a1c52da5eca790db896baffec6a7e52bf786cdb7bbfca5c7f880e6a1 data/fruits.jpg
heldout 1 31.41 1504b769303c7bde00fa578eeaad3c68e02aceabeb1242e556f1f8d19e4bdea5 data/graf1.png
heldout 1 34.72 fb314330c3eb0a81651c682803e73b348898157267fbc37c4c2c07d1b3a8e321 data/left.jpg
heldout 1 29.51 b2977cdbd9fb3f94dadd6f76cf586d145676deb8a22b5f0f42149d21c058c09f data/leuvenA.jpg
heldout 1 36.02 152c20d2f380ac985de25e474e1a5f06ed34b932191342099b8272a63a15a079 data/orange.jpg
heldout 1 31.44 20bb6e8ae96918a36c9886b6d48e54eedeb3948591e1485c206bc1dc60c8dc8b data/squirrel_cls.jpg
heldout 1 25.74 7f3041a7019ab4d33d2452bc757d8c4f38616bfde71431e12f7ec370d7b2018e text/scenetext01.jpg
heldout 2 30.37 d4295bff9f348012f91a2cf745753124f85041fe3c3717146c6759c4cd977211 text/scenetext02.jpg
heldout 1 35.78 cadf4a3d29a7ba6fe976b53fa65f490cc2868375e8feb3d93f26029f05c662ca text/scenetext03.jpg
heldout 1 29.04 28e08d142a04f92f96d01ff2674f7804321841cba95bd968980cdc85ef0af6df text/scenetext04.jpg
heldout 2 34.11 63985ac1a9989a8320605d5be0ec285af0c6304a78cc9cc5de6c2c7c435f7c0b text/scenetext05.jpg
heldout 1 29.56 e4d64f10bbfb27b2c5980cb048fd0abe20dd74868ba5460298de473ced53b518 text/scenetext06.jpg
heldout 1 27.79 b1524d1ae02ba1ee07bc32285df1083cceca851a28a2f34db63f7cf1169893b2 text/scenetext_segmented_word01.jpg
heldout 1 27.80 1c648c38ebf826968e5daacde0b6845ecfd824420de17a3132096056aa12a6c2 text/scenetext_segmented_word02.jpg
heldout 1 32.80 6f60d1b006b81d95dcbae0723c4135dfcfe37b87b472faf056c8a35d910a2a7c text/scenetext_segmented_word03.jpg
heldout 1 33.66 43524ab83453638e1f4e1aae64c50ecee898cf687612ffec6937ff7e6fd30a35 text/scenetext_segmented_word04.jpg
`,
};
