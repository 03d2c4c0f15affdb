/**
 * The part of the ZIP format (PKWARE's APPNOTE 6.3.10) that PyTorch uses: records that are stored, not
 * compressed, each with a CRC-32. Enough for one disk and less than 4 GiB.
 *
 * The reader refuses whatever two readers could see differently: names that occur twice, records that
 * overlap, sizes that differ between directory and record.
 */
import { crc32 } from '@node-rs/crc32';
import { invalidFile, shown } from './invalid.ts';

const signatures = { record: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const;
const recordHeaderBytes = 30;
const entryBytes = 46;
const endBytes = 22;
const longestComment = 65535;
/** More than the largest networks have tensors. */
const mostRecords = 65535;
const encryptedFlag = 1;

interface Entry {
  name: string;
  crc: number;
  begin: number;
  end: number;
  /** Why it cannot be read; other records may be readable. */
  refusal: string | undefined;
}

/** Records by name. Their bytes are checked when they are asked for. */
export class ZipReader {
  readonly #bytes: Uint8Array;
  readonly #entries: ReadonlyMap<string, Entry>;

  /** Throws E_MODEL_FORMAT. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#entries = directoryOf(bytes);
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** The size of a record; nothing when there is none. */
  sizeOf(name: string): number | undefined {
    const entry = this.#entries.get(name);
    return entry && entry.end - entry.begin;
  }

  /** A view of a record's bytes. Throws E_MODEL_FORMAT when it is not there or damaged. */
  read(name: string): Uint8Array {
    const entry = this.#entries.get(name) ?? invalid(`it has no record ${shown(name)}`);
    const { begin, end, crc, refusal } = entry;
    if (refusal !== undefined) invalid(`its record ${shown(name)} ${refusal}`);
    const record = this.#bytes.subarray(begin, end);
    if (crc32(record) !== crc) invalid(`its record ${shown(name)} is damaged (crc)`);
    return record;
  }
}

function invalid(reason: string): never {
  return invalidFile('zip', reason);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function directoryOf(bytes: Uint8Array): Map<string, Entry> {
  const view = viewOf(bytes);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const begin = view.getUint32(end + 16, true);
  if (view.getUint32(end + 4, true) !== 0) invalid('it is a part of several');
  if (count === mostRecords) invalid('it has too many records');
  if (begin + size > end) invalid('its directory lies outside of the file');
  const entries = new Map<string, Entry>();
  let at = begin;
  for (let i = 0; i < count; i++) {
    const entry = entryAt(bytes, view, at, begin + size);
    if (entries.has(entry.name)) invalid(`it has the record ${shown(entry.name)} twice`);
    entries.set(entry.name, entry);
    at = entry.next;
  }
  refuseOverlaps([...entries.values()], begin);
  return entries;
}

/** Where the end-of-directory record is: at the end of the file, with only a comment behind it. */
function endOf(view: DataView): number {
  const last = view.byteLength - endBytes;
  for (let at = last; at >= 0 && at >= last - longestComment; at--) {
    const isEnd = view.getUint32(at, true) === signatures.end;
    if (isEnd && view.getUint16(at + 20, true) === last - at) return at;
  }
  return invalid('it has no directory at its end: it is cut off or no zip file');
}

function entryAt(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  limit: number,
): Entry & { next: number } {
  if (at + entryBytes > limit || view.getUint32(at, true) !== signatures.entry)
    invalid('its directory is damaged');
  const nameBytes = view.getUint16(at + 28, true);
  const next =
    at + entryBytes + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (next > limit) invalid('its directory is damaged');
  const name = textOf(bytes.subarray(at + entryBytes, at + entryBytes + nameBytes));
  const size = view.getUint32(at + 20, true);
  const begin = dataBegin(view, view.getUint32(at + 42, true), name);
  if (begin + size > view.byteLength) invalid(`its record ${shown(name)} lies outside of the file`);
  const crc = view.getUint32(at + 16, true);
  return { name, crc, begin, end: begin + size, refusal: refusalOf(view, at), next };
}

function refusalOf(view: DataView, at: number): string | undefined {
  if (view.getUint16(at + 8, true) & encryptedFlag) return 'is encrypted';
  const isStored =
    view.getUint16(at + 10, true) === 0 &&
    view.getUint32(at + 20, true) === view.getUint32(at + 24, true);
  return isStored ? undefined : 'is compressed, which PyTorch does not do';
}

/** Names and extra fields of a record and of its entry in the directory may have different lengths. */
function dataBegin(view: DataView, at: number, name: string): number {
  if (at + recordHeaderBytes > view.byteLength || view.getUint32(at, true) !== signatures.record)
    invalid(`its record ${shown(name)} is not where the directory says`);
  return at + recordHeaderBytes + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
}

function refuseOverlaps(entries: Entry[], directory: number): void {
  let free = 0;
  for (const { name, begin, end } of entries.sort((a, b) => a.begin - b.begin)) {
    if (begin < free || end > directory)
      invalid(`its record ${shown(name)} overlaps with another one`);
    free = end;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return invalid('a name in it is not UTF-8');
  }
}

export interface ZipRecord {
  name: string;
  bytes: Uint8Array;
}

/** Data begins at multiples of it, as in PyTorch's own files, so that it can be mapped into memory. */
const alignment = 64;
/** Marks an extra field that only fills up; as PyTorch's. */
const fillerId = 0x4246;
const utf8Flag = 0x0800;
/** 1980-01-01, the first day that the format knows: files do not depend on the clock. */
const date = 0x21;
const version = 20;

/**
 * Parts that make up a file when written one after the other; the records' bytes are not copied.
 * Throws E_MODEL_FORMAT when the file would have 4 GiB or more.
 */
export function encodeZip(records: readonly ZipRecord[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of records) {
    const nameBytes = new TextEncoder().encode(name);
    const common = commonFields(bytes);
    const header = recordHeader(nameBytes, common, offset);
    directory.push(directoryEntry(nameBytes, common, offset));
    parts.push(header, bytes);
    offset += header.length + bytes.length;
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  if (offset + size >= 2 ** 32 - 1) invalid('it would have 4 GiB or more');
  return [...parts, ...directory, endRecord(records.length, size, offset)];
}

/** What record and directory say alike: flags, method, time, date, CRC and both sizes. */
function commonFields(bytes: Uint8Array): Uint8Array {
  const fields = new Uint8Array(20);
  const view = viewOf(fields);
  view.setUint16(0, utf8Flag, true);
  view.setUint16(6, date, true);
  view.setUint32(8, crc32(bytes), true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, bytes.length, true);
  return fields;
}

function recordHeader(name: Uint8Array, common: Uint8Array, offset: number): Uint8Array {
  const least = recordHeaderBytes + name.length + 4;
  const filler = (alignment - ((offset + least) % alignment)) % alignment;
  const header = new Uint8Array(least + filler);
  const view = viewOf(header);
  view.setUint32(0, signatures.record, true);
  view.setUint16(4, version, true);
  header.set(common, 6);
  view.setUint16(26, name.length, true);
  view.setUint16(28, 4 + filler, true);
  header.set(name, recordHeaderBytes);
  view.setUint16(recordHeaderBytes + name.length, fillerId, true);
  view.setUint16(recordHeaderBytes + name.length + 2, filler, true);
  return header;
}

function directoryEntry(name: Uint8Array, common: Uint8Array, offset: number): Uint8Array {
  const entry = new Uint8Array(entryBytes + name.length);
  const view = viewOf(entry);
  view.setUint32(0, signatures.entry, true);
  view.setUint16(4, version, true);
  view.setUint16(6, version, true);
  entry.set(common, 8);
  view.setUint16(28, name.length, true);
  view.setUint32(42, offset, true);
  entry.set(name, entryBytes);
  return entry;
}

function endRecord(count: number, size: number, offset: number): Uint8Array {
  const end = new Uint8Array(endBytes);
  const view = viewOf(end);
  view.setUint32(0, signatures.end, true);
  view.setUint16(8, count, true);
  view.setUint16(10, count, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  return end;
}
