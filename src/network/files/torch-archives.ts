/**
 * The two formats of files that torch.save writes: since PyTorch 1.6 a zip of one pickle, `data.pkl`, and
 * the storages that its tensors lie in, `data/KEY`; before it five pickles one behind the other, which
 * are a magic number, a version, facts about the machine, the object and the keys of its storages, and
 * then, in the order of the keys, the number of elements of each storage and its bytes.
 */
import { elementBytes } from '../element-type.ts';
import { invalidFile } from './invalid.ts';
import { readPickle } from './pickle.ts';
import { PickleCursor } from './pickle-cursor.ts';
import { isKind, type PickleHost, type PickleValue } from './pickle-machine.ts';
import { type StorageBytes, type TorchStorage, tensorHost } from './torch-tensors.ts';
import { ZipReader } from './zip.ts';

export interface TorchArchive {
  /** The saved object. */
  top: PickleValue;
  storages: StorageBytes;
}

/** Pickles of weights are a few hundred kB. */
const mostPickleBytes = 2 ** 25;

function invalid(reason: string, hint?: string): never {
  return invalidFile('PyTorch', reason, hint);
}

/** Refuses other kinds of files that PyTorch has written, each with what to do. */
function rootOf(zip: ZipReader): string {
  const roots = zip.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const root = roots[0]?.slice(0, -'data.pkl'.length);
  if (root === undefined || roots.length > 1) return invalid('it has no data.pkl');
  if (zip.names.includes(`${root}constants.pkl`))
    return invalid('it is a TorchScript program', 'save the state_dict() of the model instead');
  if (zip.sizeOf(`${root}byteorder`) !== undefined) {
    const order = new TextDecoder().decode(zip.read(`${root}byteorder`));
    if (order !== 'little') invalid(notLittleEndian);
  }
  return root;
}

const notLittleEndian = 'its numbers are not little-endian';

/** Throws E_MODEL_FORMAT. */
export function openZip(bytes: Uint8Array): TorchArchive {
  const zip = new ZipReader(bytes);
  const root = rootOf(zip);
  if ((zip.sizeOf(`${root}data.pkl`) ?? 0) > mostPickleBytes) invalid('its pickle is too long');
  const top = readPickle(new PickleCursor(zip.read(`${root}data.pkl`)), tensorHost());
  const read = ({ key, type, count }: TorchStorage) => {
    const record = `${root}data/${key}`;
    return zip.sizeOf(record) === count * elementBytes[type] ? zip.read(record) : undefined;
  };
  return { top, storages: { fileBytes: bytes.length, read } };
}

/** 0x1950a86a20f9469cfc6c, as it is pickled. */
const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const magicNumber = Number(0x1950a86a20f9469cfc6cn);
const legacyVersion = 1001;
const frame = 0x95;
const frameBytes = 9;

/** Whether a file is of the format before PyTorch 1.6, by its first bytes. */
export function isLegacyTorch(bytes: Uint8Array): boolean {
  const begin = bytes[2] === frame ? 2 + frameBytes : 2;
  return bytes[0] === 0x80 && magic.every((byte, at) => bytes[begin + at] === byte);
}

/** For the pickles around the object, which hold numbers and texts only. */
const plainHost: PickleHost = {
  allows: () => false,
  call: () => invalid('its header calls something'),
  persistent: () => invalid('its header refers to a storage'),
  build: () => invalid('its header has an object'),
};

function checkHeader(cursor: PickleCursor): void {
  if (readPickle(cursor, plainHost) !== magicNumber) invalid('it has no magic number');
  const version = readPickle(cursor, plainHost);
  if (version !== legacyVersion) invalid('it is of an unknown version of the format before 1.6');
  const facts = readPickle(cursor, plainHost);
  const isLittle = isKind(facts, 'dict') && facts.entries.get('little_endian') === true;
  if (!isLittle) invalid(notLittleEndian);
}

/** Storages by key, as the tensors say that they are. */
class KnownStorages extends Map<string, TorchStorage> {
  add(storage: TorchStorage): void {
    const { type, count } = this.get(storage.key) ?? storage;
    if (type !== storage.type || count !== storage.count)
      invalid('two tensors in it say different things of one storage');
    this.set(storage.key, storage);
  }
}

/** Where the bytes of each storage lie. */
function findStorages(bytes: Uint8Array, begin: number, keys: PickleValue, known: KnownStorages) {
  if (!isKind(keys, 'list')) return invalid('it has no list of its storages');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Map<string, Uint8Array>();
  let at = begin;
  for (const key of keys.items) {
    const storage = typeof key === 'string' && !found.has(key) ? known.get(key) : undefined;
    if (!storage) return invalid('its list of storages is not that of its tensors');
    const end = at + 8 + storage.count * elementBytes[storage.type];
    if (end > bytes.length) return invalid('it is cut off: a storage lies beyond its end');
    if (view.getBigInt64(at, true) !== BigInt(storage.count))
      return invalid('a storage in it has another size than its tensors say');
    found.set(storage.key, bytes.subarray(at + 8, end));
    at = end;
  }
  return found;
}

/** Throws E_MODEL_FORMAT. */
export function openLegacy(bytes: Uint8Array): TorchArchive {
  const cursor = new PickleCursor(bytes.subarray(0, mostPickleBytes));
  checkHeader(cursor);
  const known = new KnownStorages();
  const host = tensorHost((storage) => known.add(storage));
  const top = readPickle(cursor, host);
  const keys = readPickle(cursor, plainHost);
  const found = findStorages(bytes, cursor.at, keys, known);
  return { top, storages: { fileBytes: bytes.length, read: ({ key }) => found.get(key) } };
}
