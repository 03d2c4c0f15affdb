/**
 * A reader of Python's pickle protocol 2 (PEP 307, and the opcodes' descriptions in Python's pickletools)
 * that can only make plain data. A pickle is a program that may call anything; here every name that it
 * asks for has to be on a list, and what the names on it make is plain data too.
 *
 * There is no recursion, every opcode makes at most one object, and the number of opcodes is limited: a
 * pickle of any contents ends, in time and memory that grow with its size.
 */
import { invalidFile, shown } from './invalid.ts';

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleObject;

export interface PickleTuple {
  kind: 'tuple';
  items: readonly PickleValue[];
}

export interface PickleList {
  kind: 'list';
  items: PickleValue[];
}

export interface PickleDict {
  kind: 'dict';
  entries: Map<string | number, PickleValue>;
}

/** A name that is on the list, `module.name`. */
export interface PickleGlobal {
  kind: 'global';
  name: string;
}

/** Whatever the caller makes of a call or of a persistent id. */
export interface PickleObject {
  kind: 'object';
  value: unknown;
}

/** What a pickle may ask for. */
export interface PickleHost {
  allows(name: string): boolean;
  /** The result of calling an allowed name. Throws when it cannot be called so. */
  call(name: string, args: readonly PickleValue[]): PickleValue;
  /** What stands for an id of something outside of the pickle. */
  persistent(id: PickleValue): PickleValue;
}

/** RRDBNet with both sets of weights and the state of Adam takes 84,000. */
const mostOpcodes = 500_000;

function invalid(reason: string, hint?: string): never {
  return invalidFile('PyTorch', reason, hint);
}

const onlyTensorsHint =
  'only dicts of tensors are read: save model.state_dict() instead of the model, or convert the file to safetensors with Python';

/** Reads forward and never beyond the end. */
class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #advance(size: number): number {
    const at = this.#at;
    if (size > this.#bytes.length - at) invalid('its pickle is cut off');
    this.#at = at + size;
    return at;
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }
  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  /** Big-endian, unlike all others. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  text(size: number): string {
    const at = this.#advance(size);
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return decoder.decode(this.#bytes.subarray(at, at + size));
    } catch {
      return invalid('a text in its pickle is not UTF-8');
    }
  }

  /** Up to the next end of line, which is left out. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) invalid('its pickle is cut off');
    const text = this.text(end - this.#at);
    this.#advance(1);
    return text;
  }

  /** Two's complement of `size` bytes, little-endian. */
  long(size: number): number {
    if (size > 8) invalid(`its pickle has an integer of ${size} bytes`);
    const at = this.#advance(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#view.getUint8(at + i));
    return Number(BigInt.asIntN(8 * size, value));
  }
}

class Machine {
  readonly #host: PickleHost;
  readonly #memo = new Map<number, PickleValue>();
  #stack: PickleValue[] = [];
  /** Stacks below the marks. */
  readonly #below: PickleValue[][] = [];

  constructor(host: PickleHost) {
    this.#host = host;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined ? invalid('its pickle takes more than it has put') : value;
  }

  /** The topmost `count` values, in the order in which they were put. */
  take(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  mark(): void {
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** What was put since the last mark. */
  takeMarked(): PickleValue[] {
    const taken = this.#stack;
    this.#stack = this.#below.pop() ?? invalid('its pickle has no mark');
    return taken;
  }

  remember(at: number): void {
    const top = this.#stack.at(-1);
    this.#memo.set(at, top === undefined ? invalid('its pickle remembers nothing') : top);
  }

  recall(at: number): void {
    const value = this.#memo.get(at);
    this.push(value === undefined ? invalid('its pickle recalls what it never made') : value);
  }

  global(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!this.#host.allows(full))
      invalid(
        `it asks for ${shown(full)}, which is no tensor and is never loaded`,
        onlyTensorsHint,
      );
    this.push({ kind: 'global', name: full });
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!isKind(callee, 'global') || !isKind(args, 'tuple')) invalid('its pickle calls no name');
    this.push(this.#host.call(callee.name, args.items));
  }

  persistent(): void {
    this.push(this.#host.persistent(this.pop()));
  }

  append(items: readonly PickleValue[]): void {
    const list = this.#stack.at(-1);
    if (!isKind(list, 'list')) invalid('its pickle appends to no list');
    for (const item of items) list.items.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.#stack.at(-1);
    if (!isKind(dict, 'dict') || items.length % 2 === 1) invalid('its pickle fills no dict');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        invalid('a dict in it has keys that are neither texts nor numbers');
      dict.entries.set(key, items[i + 1] as PickleValue);
    }
  }

  /** Attributes of a dict, as the versions that state dicts carry, are passed over. */
  build(): void {
    const state = this.pop();
    if (!isKind(this.#stack.at(-1), 'dict') || !isKind(state, 'dict'))
      invalid('it holds an object that is no dict of tensors', onlyTensorsHint);
  }

  /** The one value that is left. */
  result(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#below.length > 0) invalid('its pickle leaves a remainder');
    return value;
  }
}

/** Whether a value is a tuple, list, dict, name or object. */
export function isKind<Kind extends Exclude<PickleValue, null | boolean | number | string>['kind']>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<PickleValue, { kind: Kind }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

const tuple = (items: readonly PickleValue[]): PickleTuple => ({ kind: 'tuple', items });
const list = (): PickleList => ({ kind: 'list', items: [] });
const dict = (): PickleDict => ({ kind: 'dict', entries: new Map() });

type Opcode = (machine: Machine, cursor: Cursor) => void;

/** By their codes; the names of pickletools beside them. STOP is not one of them. */
const opcodes: Readonly<Record<string, Opcode>> = {
  /* PROTO */ '\x80': (_, cursor) => {
    const protocol = cursor.byte();
    if (protocol !== 2) invalid(`it is of pickle protocol ${protocol}, only 2 is read`);
  },
  /* MARK */ '(': (machine) => machine.mark(),
  /* NONE */ N: (machine) => machine.push(null),
  /* NEWTRUE */ '\x88': (machine) => machine.push(true),
  /* NEWFALSE */ '\x89': (machine) => machine.push(false),
  /* BININT */ J: (machine, cursor) => machine.push(cursor.int32()),
  /* BININT1 */ K: (machine, cursor) => machine.push(cursor.byte()),
  /* BININT2 */ M: (machine, cursor) => machine.push(cursor.uint16()),
  /* LONG1 */ '\x8a': (machine, cursor) => machine.push(cursor.long(cursor.byte())),
  /* BINFLOAT */ G: (machine, cursor) => machine.push(cursor.float64()),
  /* BINUNICODE */ X: (machine, cursor) => machine.push(cursor.text(cursor.uint32())),
  /* EMPTY_TUPLE */ ')': (machine) => machine.push(tuple([])),
  /* TUPLE1 */ '\x85': (machine) => machine.push(tuple(machine.take(1))),
  /* TUPLE2 */ '\x86': (machine) => machine.push(tuple(machine.take(2))),
  /* TUPLE3 */ '\x87': (machine) => machine.push(tuple(machine.take(3))),
  /* TUPLE */ t: (machine) => machine.push(tuple(machine.takeMarked())),
  /* EMPTY_LIST */ ']': (machine) => machine.push(list()),
  /* APPEND */ a: (machine) => machine.append(machine.take(1)),
  /* APPENDS */ e: (machine) => machine.append(machine.takeMarked()),
  /* EMPTY_DICT */ '}': (machine) => machine.push(dict()),
  /* SETITEM */ s: (machine) => machine.setItems(machine.take(2)),
  /* SETITEMS */ u: (machine) => machine.setItems(machine.takeMarked()),
  /* BINPUT */ q: (machine, cursor) => machine.remember(cursor.byte()),
  /* LONG_BINPUT */ r: (machine, cursor) => machine.remember(cursor.uint32()),
  /* BINGET */ h: (machine, cursor) => machine.recall(cursor.byte()),
  /* LONG_BINGET */ j: (machine, cursor) => machine.recall(cursor.uint32()),
  /* GLOBAL */ c: (machine, cursor) => machine.global(cursor.line(), cursor.line()),
  /* REDUCE */ R: (machine) => machine.call(),
  /* BUILD */ b: (machine) => machine.build(),
  /* BINPERSID */ Q: (machine) => machine.persistent(),
};

const stop = 0x2e;

/**
 * The value that a pickle makes.
 * @throws E_MODEL_FORMAT for opcodes and names beyond plain data and those that `host` allows
 */
export function readPickle(bytes: Uint8Array, host: PickleHost): PickleValue {
  const cursor = new Cursor(bytes);
  const machine = new Machine(host);
  for (let count = 0; count < mostOpcodes; count++) {
    const code = cursor.byte();
    if (code === stop) return machine.result();
    const opcode = opcodes[String.fromCharCode(code)];
    if (!opcode)
      invalid(`its pickle has the opcode 0x${code.toString(16)}, which makes no plain data`);
    opcode(machine, cursor);
  }
  return invalid(`its pickle has more than ${mostOpcodes} opcodes`);
}
