/** Why one image cannot be used. The codes are part of the API, the texts are not. */
export const problemCodes = [
  'E_IMG_EMPTY',
  'E_IMG_TRUNCATED',
  'E_IMG_CORRUPT',
  'E_IMG_FORMAT',
  'E_IMG_ALPHA',
  'E_IMG_ANIMATED',
  'E_IMG_SMALL',
  'E_IMG_READ',
  'E_LIMIT',
  'E_NOT_A_FILE',
  'E_CHANGED',
  'E_VANISHED',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

export interface ImageProblem {
  /** Path below the scanned folder; bytes that are no UTF-8 are written as \xNN. */
  name: string;
  code: ProblemCode;
  reason: string;
}

/** Something worth saying once about many images. */
export interface DataWarning {
  code: string;
  message: string;
  count: number;
  /** The first names, at most 20. */
  names: string[];
}

/** How many names a message or a warning lists. */
export const listedNames = 20;

/** Refuses the image at hand; whoever walks over the images turns it into an ImageProblem. */
export class RefusedImage extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, reason: string) {
    super(reason);
    this.name = 'RefusedImage';
    this.code = code;
  }
}

/** A warning about the images of these names. */
export function warning(code: string, message: string, names: string[]): DataWarning {
  return { code, message, count: names.length, names: names.slice(0, listedNames) };
}

/** Names that one line shows. */
const shownNames = 3;

/** A warning as one line of text, without its code. */
export function warningText({ count, message, names }: DataWarning): string {
  const more = count > shownNames ? ', …' : '';
  return `${count} ${message} - ${names.slice(0, shownNames).join(', ')}${more}`;
}
