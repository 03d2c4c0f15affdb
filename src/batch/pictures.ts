/** Reading and writing of pictures, as the batch uses it; tests put something simpler in its place. */
import { createPicture } from '../image/create.ts';
import { probePicture } from '../image/inspect.ts';
import { openPicture } from '../image/open.ts';

export interface PictureFiles {
  probe: (
    ...args: Parameters<typeof probePicture>
  ) => Promise<Pick<Awaited<ReturnType<typeof probePicture>>, 'info' | 'notes' | 'decodedBytes'>>;
  open: typeof openPicture;
  create: typeof createPicture;
}

export const pictureFiles: PictureFiles = {
  probe: probePicture,
  open: openPicture,
  create: createPicture,
};
