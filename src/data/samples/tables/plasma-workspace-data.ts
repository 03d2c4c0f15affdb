// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'plasma-workspace-data',
  version: '4:5.27.5-2+deb12u2',
  downloadBytes: 16249852,
  deb: {
    path: 'pool/main/p/plasma-workspace/plasma-workspace-data_5.27.5-2+deb12u2_all.deb',
    sha256: '057cda470bd0baf616b3e873bcaf993018d96c8ad30b09535c487f88554e6ea2',
  },
  licence: 'CC0-1.0',
  folder: 'usr/share/plasma/avatars/photos',
  rows: `
heldout 1 25.03 2684f214319779d4112fc8973722f47d61b7aaf5a33820a1c7e0a6945e3a158a Astronaut.png
heldout 1 34.25 521fb2edf667de1ffb8abc771b3b7b2b53b82b0927fa10a01295400dbd9e8f0d Books.png
heldout 1 32.91 ccefd51a25a2e05eb2def5964ce576a3a2b467ba857faaac7a01b08892669f9d Brushes.png
heldout 1 31.65 77b346036fa387c9e9fcb6a38b359fc8a675662f64363ebc5b4b4ab1283cec8a Cat.png
heldout 1 31.79 619e1672599486f9a333ca78877229093f7448b1ea247683df029a6207893f28 Chameleon.png
heldout 1 35.91 08c60a9b2deef1cb57000ec2d54e437f43067f5b593fe7d3b9eeb7016c0f6058 Cocktail.png
heldout 1 34.60 ff0d1599c4021be70d751ed3b3d0937618be6f898b1e84849e0b14f6c33762f4 Dog.png
heldout 1 33.14 45ec0d319176f433cdebf1fb97f0eec0c74bf8fc0fc38790cde39eef0e67eb27 Gamepad.png
heldout 1 28.91 3dd131f7b44479fd934abc1098a0e779663c392382f176bb1aa49022fde4c3f3 Owl.png
heldout 1 36.38 eacbed2084e0017a65beedd969f3da26c932d8bf1ed13cc0a03fa720f1f526ee Pancakes.png
heldout 1 37.83 dab45ab561fe50bfb2711b71970b1ab52a6c3a0297f51a1be16af752beda1fdf Parrot.png
heldout 1 32.90 abfaf6141e6677e404fe2600375c18864837a19b56899746a6d1a0a96d95ce89 Pencils.png
heldout 1 36.18 faec89b07a09ac0785c972554eaa5a6f877af6221697327bf19db32d3ed99fca Shuttle.png
heldout 1 29.30 735540e11340a968f36d3b700215b2cd3273b4f2b127f4b55872d3c0337a827f Soccer.png
heldout 1 36.00 9892108b138a3c623ab4cb81175b8e82de9103a93ae7e79a119ff9b965c36640 Sunflower.png
`,
};
