/** Held-out photographs of other packages than those of the first 24, for studies; docs/photographs.md lists them. */
import type { SampleTable } from './table.ts';
import { table as darknet } from './tables/darknet.ts';
import { table as gnome } from './tables/gnome-control-center-data.ts';
import { table as hugin } from './tables/hugin-data.ts';
import { table as kphotoalbum } from './tables/kphotoalbum.ts';
import { table as backstretch } from './tables/libjs-jquery-backstretch.ts';
import { table as colorbox } from './tables/libjs-jquery-colorbox.ts';
import { table as jxl } from './tables/libjxl-testdata.ts';
import { table as opencv } from './tables/opencv-doc.ts';
import { table as plasma } from './tables/plasma-workspace-data.ts';
import { table as matplotlib } from './tables/python-matplotlib-data.ts';
import { table as qtDeclarative } from './tables/qtdeclarative5-examples.ts';
import { table as qtMultimedia } from './tables/qtmultimedia5-examples.ts';
import { table as maldives } from './tables/sddm-theme-maldives.ts';
import { table as tuxpaint } from './tables/tuxpaint-data.ts';
import { table as tuxtype } from './tables/tuxtype-data.ts';

export const furtherHeldout: readonly SampleTable[] = [
  darknet,
  gnome,
  hugin,
  kphotoalbum,
  backstretch,
  colorbox,
  jxl,
  opencv,
  plasma,
  matplotlib,
  qtDeclarative,
  qtMultimedia,
  maldives,
  tuxpaint,
  tuxtype,
];
