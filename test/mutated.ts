/** Damaged versions of a file: bits turned, bytes replaced, lengths made hostile, parts cut, moved and left out. */
import { Random, streams } from '../src/rng.ts';

const hostile = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 0x10000, 0xffff];

type Damage = (bytes: Uint8Array, pick: (below: number) => number) => Uint8Array;

const damages: Damage[] = [
  (bytes, pick) => {
    for (let n = 1 + pick(4); n > 0; n--) {
      const at = pick(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
    }
    return bytes;
  },
  (bytes, pick) => {
    for (let n = 1 + pick(8); n > 0; n--) bytes[pick(bytes.length)] = pick(256);
    return bytes;
  },
  (bytes, pick) => {
    const at = pick(Math.max(1, bytes.length - 4));
    const value = hostile[pick(hostile.length)] as number;
    const field = new Uint8Array(Uint32Array.of(value).buffer).subarray(0, bytes.length - at);
    bytes.set(field, at);
    return bytes;
  },
  (bytes, pick) => bytes.subarray(0, pick(bytes.length)),
  (bytes, pick) => {
    const [from, to] = [pick(bytes.length), pick(bytes.length)];
    const count = Math.min(pick(64), bytes.length - Math.max(from, to));
    bytes.copyWithin(to, from, from + count);
    return bytes;
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    const rest = bytes.subarray(Math.min(bytes.length, at + 1 + pick(16)));
    return Uint8Array.from([...bytes.subarray(0, at), ...rest]);
  },
];

/** `count` damaged copies, the same ones for the same seed. */
export function* mutated(bytes: Uint8Array, count: number, seed: number): Generator<Uint8Array> {
  const random = new Random(seed, streams.evaluation, 0);
  const pick = (below: number) => Math.floor(random.uniform() * below);
  for (let i = 0; i < count; i++) {
    const damage = damages[pick(damages.length)] as Damage;
    yield damage(bytes.slice(), pick);
  }
}
