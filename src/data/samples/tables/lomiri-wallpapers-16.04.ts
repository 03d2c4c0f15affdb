// Written by test/fixtures/data-select-samples.py (Pillow 12.3.0, numpy 2.4.6).
import type { SampleTable } from '../table.ts';

export const table: SampleTable = {
  package: 'lomiri-wallpapers-16.04',
  version: '20.04.0-2',
  downloadBytes: 15783184,
  deb: {
    path: 'pool/main/l/lomiri-wallpapers/lomiri-wallpapers-16.04_20.04.0-2_all.deb',
    sha256: 'a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab',
  },
  licence: "CC-BY-4.0, CC-BY-SA-4.0 or CC0, per file in the package's copyright file",
  folder: 'usr/share/backgrounds',
  rows: `
heldout 3 33.58 af5af17841009732def24b09bb1e669a1b09d2b4bdeee7812c371101c30d2bb3 Dragonfly_by_Bolly.jpg
heldout 2 31.10 c8c0ab18e48d9e0419fe42881112137f3afafc27dfddc29ec3a6d54c56d225ad Picture_0B_by_freespace.jpg
heldout 1 33.11 89e86af38d04daaef975665dc2127e9fa76f0fd68f4eea105a2d0ae3390b010b Picture_1A_by_freespace.jpg
heldout 5 37.12 d2e96e6d4da40dd804b3d0ce295e94de04a2d7d9b6785d42cd9d92ba58bced74 Wine_by_Jakkub_Mede.jpg
heldout 2 33.76 66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36 aitzgorri_by_Aitzol_Berasategi.jpg
heldout 4 35.38 cc40e313c74e421edffe3403def413c16878ce14661cce7ec5915baeab35538d friends_by_Aitzol_Berasategi.jpg
heldout 1 31.04 4c119350ead80201fe256850c3d316309ddfb4bdf10b235ce982dcde0c667c05 life_by_Aitzol_Berasategi.jpg
heldout 1 30.66 414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a picosdeeuropa_by_Aitzol_Berasategi.jpg
heldout 6 37.96 a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f seeding_by_Clements_Engelhardt.jpg
heldout 5 34.74 474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18 sunset_by_Aitzol_Berasategi.jpg
`,
};
