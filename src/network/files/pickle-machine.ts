/** What a pickle can hold here, and the stack machine that its opcodes drive. */
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
  /** Gives a made object its state. Throws when it takes none. */
  build(object: PickleObject, state: PickleValue): void;
}

function invalid(reason: string, hint?: string): never {
  return invalidFile('PyTorch', reason, hint);
}

const onlyTensorsHint =
  'only dicts of tensors are read: save model.state_dict() instead of the model, or convert the file to safetensors with Python';

export class PickleMachine {
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

  /** How many values are remembered. */
  get remembered(): number {
    return this.#memo.size;
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

  /** Of the module and the name on the stack. */
  globalOfTexts(): void {
    const [module, name] = this.take(2);
    if (typeof module !== 'string' || typeof name !== 'string') invalid('its pickle has no name');
    this.global(module, name);
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
    const target = this.#stack.at(-1);
    if (isKind(target, 'object')) this.#host.build(target, state);
    else if (!isKind(target, 'dict') || !isKind(state, 'dict'))
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
