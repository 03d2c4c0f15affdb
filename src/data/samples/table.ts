/** Which photographs of a package are used: decided once, so that every machine has the same set. */

/** Held-out photographs come from packages that the two others do not use. */
export const sampleRoles = ['train', 'validation', 'heldout'] as const;
export type SampleRole = (typeof sampleRoles)[number];

export interface SampleTable {
  /** Name of the Debian package. */
  package: string;
  /** The version that the table was made from. */
  version: string;
  downloadBytes: number;
  /** Where a Debian archive holds that version, for systems whose apt has another one or none. */
  deb: { path: string; sha256: string };
  licence: string;
  /** The folder in the package that the paths start from. */
  folder: string;
  /**
   * A line a photograph: role, reduction factor, softness in dB (PSNR on Y of a bicubic round trip to
   * half size, after the reduction), SHA-256 of the source file, path.
   */
  rows: string;
}

export interface Sample {
  role: SampleRole;
  /** The source is reduced to 1/factor of its size (Lanczos), then cropped to multiples of 24. */
  factor: number;
  softness: number;
  sha256: string;
  /** Path in the package; for archives the path inside follows that of the archive. */
  path: string;
  /** Name of the PNG that is made of it. */
  file: string;
}

export function samplesOf(table: SampleTable): Sample[] {
  return table.rows
    .trim()
    .split('\n')
    .map((line) => {
      const [role, factor, softness, sha256, ...words] = line.split(' ');
      const name = words.join(' ');
      return {
        role: role as SampleRole,
        factor: Number(factor),
        softness: Number(softness),
        sha256: sha256 as string,
        path: `${table.folder}/${name}`,
        file: `${name.replace(/\.[a-z]+$/, '').replaceAll('/', '_')}.png`,
      };
    });
}
