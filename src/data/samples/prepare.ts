/** One unpacked package -> the photographs that are used of it, reduced and cropped, as PNG. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { inOrder } from '../in-order.ts';
import { bunzip } from './bunzip.ts';
import { readRcc } from './rcc.ts';
import { type Sample, type SampleTable, samplesOf } from './table.ts';

/** One photograph as the manifest lists it. */
export interface SampleEntry {
  role: Sample['role'];
  file: string;
  package: string;
  version: string;
  /** Path of the source in the package. */
  path: string;
  licence: string;
  sourceSha256: string;
  /** The source is bit for bit the one that was chosen. */
  verified: boolean;
  sha256: string;
  bytes: number;
  width: number;
  height: number;
  factor: number;
  /** See SampleTable.rows; only known for verified sources. */
  softness?: number;
}

export interface MissingSample {
  path: string;
  reason: string;
}

/** Sides are cut to multiples of this, so that factors 2, 3, 4 and 8 divide them. */
const sideMultiple = 24;
/** The photograph in SciPy: bzip2-compressed bytes, RGB, HWC. */
const rawShape = { width: 1024, height: 768, channels: 3 } as const;

/** Finds sources in an unpacked package, also where another version keeps them elsewhere. */
class Sources {
  readonly #root: string;
  #byName: Map<string, string> | undefined;
  readonly #archives = new Map<string, Map<string, Buffer>>();

  constructor(root: string) {
    this.#root = root;
  }

  async #find(path: string): Promise<string> {
    const asListed = join(this.#root, path);
    if (existsSync(asListed)) return asListed;
    if (!this.#byName) {
      const all = await readdir(this.#root, { recursive: true, withFileTypes: true });
      const files = all.filter((entry) => entry.isFile());
      this.#byName = new Map(
        files.map((entry) => [entry.name, join(entry.parentPath, entry.name)]),
      );
    }
    const elsewhere = this.#byName.get(basename(path));
    if (!elsewhere) throw new Error('not in this version of the package');
    return elsewhere;
  }

  async read(path: string): Promise<Buffer> {
    const [archive, inner] = path.split(/(?<=\.rcc)\//) as [string, string | undefined];
    if (inner === undefined) return await readFile(await this.#find(path));
    let files = this.#archives.get(archive);
    if (!files) {
      files = readRcc(await readFile(await this.#find(archive)));
      this.#archives.set(archive, files);
    }
    const found =
      files.get(inner) ?? [...files].find(([name]) => basename(name) === basename(inner))?.[1];
    if (!found) throw new Error('not in this version of the package');
    return found;
  }
}

async function makePng(bytes: Buffer, sample: Sample) {
  const { default: sharp } = await import('sharp');
  const isRaw = extname(sample.path) === '.dat';
  const source = isRaw ? await bunzip(bytes) : bytes;
  const input = isRaw ? { raw: rawShape } : { ignoreIcc: true, failOn: 'warning' as const };
  const { width, height } = isRaw ? rawShape : await sharp(source, input).metadata();
  const reduced = {
    width: Math.floor(width / sample.factor),
    height: Math.floor(height / sample.factor),
  };
  const cut = (side: number) => side - (side % sideMultiple);
  const image = sharp(source, input).removeAlpha().toColourspace('srgb');
  if (sample.factor > 1)
    image.resize(reduced.width, reduced.height, {
      fit: 'fill',
      kernel: 'lanczos3',
      fastShrinkOnLoad: false,
    });
  return await image
    .extract({ left: 0, top: 0, width: cut(reduced.width), height: cut(reduced.height) })
    .png({ compressionLevel: 3, adaptiveFiltering: true })
    .toBuffer({ resolveWithObject: true });
}

async function prepareSample(
  sources: Sources,
  sample: Sample,
  from: { table: SampleTable; version: string; out: string },
): Promise<SampleEntry | MissingSample> {
  const { table, version, out } = from;
  const { path, file, role, factor } = sample;
  try {
    const bytes = await sources.read(path);
    const sourceSha256 = createHash('sha256').update(bytes).digest('hex');
    const { data, info } = await makePng(bytes, sample);
    await writeFile(join(out, file), data);
    const verified = sourceSha256 === sample.sha256;
    return {
      role,
      file,
      package: table.package,
      version,
      path,
      licence: table.licence,
      sourceSha256,
      verified,
      sha256: createHash('sha256').update(data).digest('hex'),
      bytes: data.length,
      width: info.width,
      height: info.height,
      factor,
      ...(verified ? { softness: sample.softness } : {}),
    };
  } catch (error) {
    // A full disk concerns every file, a bad source only this one.
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw error;
    return { path, reason: (error as Error).message.split('\n')[0] ?? '' };
  }
}

/** Writes the PNG files of a package into `out`. */
export async function prepareSamples(
  root: string,
  from: { table: SampleTable; version: string; out: string },
  onProgress: (done: number, total: number) => void,
): Promise<{ entries: SampleEntry[]; missing: MissingSample[] }> {
  const samples = samplesOf(from.table);
  const sources = new Sources(root);
  const entries: SampleEntry[] = [];
  const missing: MissingSample[] = [];
  const work = (sample: Sample) => prepareSample(sources, sample, from);
  for await (const [, result] of inOrder(samples, work)) {
    if ('reason' in result) missing.push(result);
    else entries.push(result);
    onProgress(entries.length + missing.length, samples.length);
  }
  return { entries, missing };
}

/** Where Debian keeps the licences of a package, relative to its root. */
export function copyrightPath(name: string): string {
  return join('usr/share/doc', name, 'copyright');
}
