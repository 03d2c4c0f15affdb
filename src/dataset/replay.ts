/** Sets that are made again from recipes.jsonl, which is read line by line whenever it is needed. */
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readLines } from '../batch/journal-file.ts';
import type { PhotoSet } from '../data/open.ts';
import { openRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { type PairRecord, parseRecord } from '../evaluate/records.ts';
import type { Banks } from '../train/open-space.ts';
import type { SampleJob, SampleSource } from './source.ts';

const fileHint = 'give a recipes.jsonl that evensr degrade wrote';

/** A record whose photograph is not at hand. */
export interface LeftOut {
  key: string;
  code: 'E_CHANGED';
  reason: string;
}

export interface Replay {
  source: SampleSource;
  inTars: boolean;
  /** The first records that cannot be made again, and how many there are. */
  leftOut: LeftOut[];
  leftOutCount: number;
  /** Of the file. */
  sha256: string;
}

const keptLeftOut = 100;

/** A recipes.jsonl and what its recipes may refer to. */
interface RecordFile {
  path: string;
  banks: Banks;
}

function* records({
  path,
  banks,
}: RecordFile): Generator<{ record: PairRecord; line: number; text: string }> {
  const descriptor = openSync(path, 'r');
  try {
    let line = 0;
    for (const { text } of readLines(descriptor)) {
      line++;
      yield { record: parseRecord(text, { source: path, line, banks }), line, text };
    }
  } finally {
    closeSync(descriptor);
  }
}

async function requireFile(path: string): Promise<void> {
  const file = await openRegularFile(path).catch((cause: Error) => {
    throw new EvensrError('E_RECIPES', exitCodes.usage, `${path} ${cause.message}`, {
      hint: fileHint,
      cause,
    });
  });
  await file.close();
}

/** Keys of whole sets rise or not; only where they do not are they all kept to find one that is there twice. */
class Keys {
  readonly #file: RecordFile;
  #seen: Set<string> | undefined;
  #last = '';

  constructor(file: RecordFile) {
    this.#file = file;
  }

  add(key: string, line: number): void {
    if (this.#seen === undefined) {
      if (key > this.#last) {
        this.#last = key;
        return;
      }
      this.#seen = new Set();
      for (const { record, line: at } of records(this.#file)) {
        if (at === line) break;
        this.#seen.add(record.key);
      }
    }
    if (this.#seen.has(key)) {
      throw new EvensrError(
        'E_RECIPES',
        exitCodes.usage,
        `${this.#file.path}:${line}: names ${key} a second time`,
        { hint: fileHint },
      );
    }
    this.#seen.add(key);
  }
}

/** Photographs by name, and what is wrong about a record's. */
class Photographs {
  readonly #byName: Map<string, number>;
  readonly #images: PhotoSet['images'];

  constructor(images: PhotoSet['images']) {
    this.#images = images;
    this.#byName = new Map(images.map(({ name }, index) => [name, index]));
  }

  /** The number of the record's photograph, or why it is not at hand. */
  of({ photo, photoSha256 }: PairRecord): number | string {
    const index = this.#byName.get(photo);
    if (index === undefined) return `${photo} is not among the photographs`;
    return this.#images[index]?.sha256 === photoSha256 ? index : `${photo} is another file now`;
  }

  /** Throws E_CROP unless the record's crop lies in its photograph. */
  requireCrop({ key, gt, recipe, photo: name }: PairRecord, photo: number): void {
    const { height, width } = this.#images[photo] as PhotoSet['images'][number];
    const around = gt.margin * recipe.scale;
    const lies = (first: number, length: number) =>
      first >= around && first + gt.size + around <= length;
    if (lies(gt.top, height) && lies(gt.left, width)) return;
    const crop = `the crop of ${gt.size} pixels at row ${gt.top}, column ${gt.left}, margin ${around},`;
    throw new EvensrError('E_CROP', exitCodes.usage, `${key}: ${crop} leaves ${name}`, {
      hint: fileHint,
    });
  }
}

function jobOf(record: PairRecord, photo: number, index: number): SampleJob {
  const { key, tar, task, seed, gt, usm, recipe, encoded, files, pixels } = record;
  return {
    ...{ index, key, task, seed, photo, ...gt, usm, recipe, files, expected: pixels },
    ...(tar === undefined ? {} : { tar }),
    ...(encoded === undefined ? {} : { encoded }),
  };
}

/** Samples of units that were seen one after the other. */
class Units {
  /** Of archives, the numbers of their first samples; of single samples nothing is kept. */
  readonly #starts: number[] = [];
  readonly #names = new Set<string>();
  #last: string | undefined;
  #inTars: boolean | undefined;
  samples = 0;

  get inTars(): boolean {
    return this.#inTars === true;
  }

  /** False for what a set cannot hold: an archive in two pieces, or archives beside files. */
  add(tar: string | undefined): boolean {
    this.#inTars ??= tar !== undefined;
    if (this.#inTars !== (tar !== undefined)) return false;
    if (tar !== undefined && tar !== this.#last) {
      if (this.#names.has(tar)) return false;
      this.#names.add(tar);
      this.#starts.push(this.samples);
    }
    this.#last = tar;
    this.samples++;
    return true;
  }

  get count(): number {
    return this.#inTars ? this.#starts.length : this.samples;
  }

  startOf(unit: number): number {
    if (!this.#inTars) return unit;
    return this.#starts[unit] ?? this.samples;
  }
}

/**
 * Reads and checks all of recipes.jsonl; nothing of it is kept but where archives begin. `photos.banks` is
 * what its recipes may refer to.
 * @throws E_RECIPES naming the line; E_CROP when a crop does not lie in its photograph; E_CHANGED when no
 *   photograph is the one that was recorded
 */
export async function sourceOfRecords(
  path: string,
  photos: Pick<PhotoSet, 'images'> & { banks: Banks },
): Promise<Replay> {
  await requireFile(path);
  const file: RecordFile = { path, banks: photos.banks };
  const photographs = new Photographs(photos.images);
  const [keys, units, hash] = [new Keys(file), new Units(), createHash('sha256')];
  const leftOut: LeftOut[] = [];
  let leftOutCount = 0;
  for (const { record, line, text } of records(file)) {
    hash.update(`${text}\n`);
    keys.add(record.key, line);
    const photo = photographs.of(record);
    if (typeof photo === 'string') {
      if (leftOutCount++ < keptLeftOut)
        leftOut.push({ key: record.key, code: 'E_CHANGED', reason: photo });
      continue;
    }
    photographs.requireCrop(record, photo);
    if (units.add(record.tar)) continue;
    const problem = `${path}:${line}: the records of an archive must follow one another`;
    throw new EvensrError('E_RECIPES', exitCodes.usage, problem, { hint: fileHint });
  }
  if (units.samples + leftOutCount === 0) {
    throw new EvensrError('E_RECIPES', exitCodes.usage, `${path} holds no record`, {
      hint: fileHint,
    });
  }
  const first = leftOut[0];
  if (units.samples === 0 && first) {
    throw new EvensrError('E_CHANGED', exitCodes.usage, first.reason, {
      hint: 'replay needs the photographs that the pairs were made from',
    });
  }
  const source: SampleSource = {
    samples: units.samples,
    units: units.count,
    startOf: (unit) => units.startOf(unit),
    *jobs(ranges) {
      let at = 0;
      let index = 0;
      for (const { record } of records(file)) {
        const photo = photographs.of(record);
        if (typeof photo === 'string') continue;
        while (at < ranges.length && index >= (ranges[at]?.end ?? 0)) at++;
        const range = ranges[at];
        if (range === undefined) return;
        if (index >= range.first) yield jobOf(record, photo, index);
        index++;
      }
    },
  };
  return { source, inTars: units.inTars, leftOut, leftOutCount, sha256: hash.digest('hex') };
}
