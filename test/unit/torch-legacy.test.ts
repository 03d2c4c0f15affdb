import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readWeightFile } from '../../src/infer/weight-files.ts';
import { featureWeights } from '../../src/network/feature-networks.ts';
import { decodeTorch } from '../../src/network/files/torch-read.ts';
import { encodeZip } from '../../src/network/files/zip.ts';
import { encodeSafetensors, type Tensor } from '../../src/network/safetensors.ts';
import { vgg19 } from '../../src/network/vgg19.ts';
import { mutated } from '../mutated.ts';
import { byte, bytesOf, dict, pickle, storage, tensor, text, tuple } from '../pickle-text.ts';
import { pythonWith } from '../python.ts';

const magic = '\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19';
const facts = dict(['protocol_version', 'M\xe9\x03'], ['little_endian', '\x88']);

/** A file of the format before PyTorch 1.6. Storages are the numbers 0, 1, 2, … and as long as told. */
function fileOf(
  object: string,
  storages: readonly [string, number][],
  { header = [magic, 'M\xe9\x03', facts], sizes = storages.map(([, count]) => count) } = {},
): Uint8Array {
  const keys = `](${storages.map(([key]) => text(key)).join('')}e`;
  const numbers = storages.flatMap(([, count], at) => [
    new Uint8Array(BigInt64Array.of(BigInt(sizes[at] as number)).buffer),
    new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer),
  ]);
  const pickles = [...header, object, keys].map((value) => bytesOf(pickle(value)));
  return Uint8Array.from(Buffer.concat([...pickles, ...numbers]));
}

const old = (count: number, key = '0') => storage(count, key, 'FloatStorage', 'N');
const read = (bytes: Uint8Array) => decodeTorch(bytes).states.map((state) => state.read());
const shown = (tensors: Tensor[] | undefined) =>
  tensors?.map(({ name, shape, data }) => [name, shape, [...data]]);

/** A text of Python 2. */
const bytes = (value: string) => `U${String.fromCharCode(value.length)}${value}`;
const sizes = (...values: number[]) => tuple(...values.map(byte));
/** How PyTorch 0.1 made tensors and parameters. */
const early = `ctorch\nFloatTensor\n)R${tuple(old(6), byte(0), sizes(2, 3), sizes(3, 1))}b`;
const parameter = `ctorch.nn.parameter\nParameter\n${tuple(early)}R(\x89\x89Ntb`;
const earliest = `ctorch.nn.parameter\nParameter\n)\x81${tuple(early, 'N', 'N', '\x88', '\x89')}b`;
const plain = `ctorch._utils\n_rebuild_tensor\n${tuple(old(2, '7'), byte(1), sizes(1), sizes(1))}R`;
const of2017 = fileOf(
  `ccollections\nOrderedDict\n)R(${bytes('a')}${early}${bytes('b')}${parameter}T\x01\0\0\0c${earliest}${text('d')}${plain}u`,
  [
    ['0', 6],
    ['7', 2],
  ],
);
const six = [0, 1, 2, 3, 4, 5];

/** Protocol 4: texts with short lengths, each remembered; names from the stack; a frame around it all. */
const short = (value: string) => `\x8c${String.fromCharCode(value.length)}${value}\x94`;
const named = (module: string, name: string) => `${short(module)}${short(name)}\x93\x94`;
const id = `(${short('storage')}${named('torch', 'FloatStorage')}${short('0')}${short('cpu')}K\x06t\x94Q`;
const rebuilt = `${named('torch._utils', '_rebuild_tensor_v2')}(${id}K\0K\x06\x85\x94K\x01\x85\x94\x89}t\x94R\x94`;
/** `a` is made; `b` is recalled, as what was remembered last before `b` itself. */
const body = `}\x94(${short('a')}${rebuilt}${short('b')}h${String.fromCharCode(rebuilt.split('\x94').length)}u.`;
const ofProtocol4 = bytesOf(`\x80\x04\x95${String.fromCharCode(body.length)}\0\0\0\0\0\0\0${body}`);
const framed = zipOf(ofProtocol4);

/** A file of today's format. */
function zipOf(pickle: Uint8Array): Uint8Array {
  const numbers = new Uint8Array(Float32Array.from(six).buffer);
  const records = [
    { name: 'a/data.pkl', bytes: pickle },
    { name: 'a/data/0', bytes: numbers },
  ];
  return Uint8Array.from(Buffer.concat(encodeZip(records)));
}

describe('PyTorch files before 1.6', () => {
  it('are read: views, storages in their order, and a wrapper', () => {
    const inner = dict(
      ['b', tensor(old(6, 'two'), 0, [3, 2], [1, 3])],
      ['a', tensor(old(4, 'one'), 1, [3], [1])],
    );
    const file = fileOf(dict(['params', inner]), [
      ['one', 4],
      ['two', 6],
    ]);
    assert.equal(decodeTorch(file).states[0]?.wrapper, 'params');
    assert.deepEqual(shown(read(file)[0]), [
      ['b', [3, 2], [0, 3, 1, 4, 2, 5]],
      ['a', [3], [1, 2, 3]],
    ]);
  });

  it('of 2017 are read: texts of Python 2, tensors and parameters that get their state later', () => {
    assert.deepEqual(shown(read(of2017)[0]), [
      ['a', [2, 3], six],
      ['b', [2, 3], six],
      ['c', [2, 3], six],
      ['d', [1], [1]],
    ]);
  });

  it('of protocol 4 are read too', () => {
    assert.deepEqual(shown(read(framed)[0]), [
      ['a', [6], six],
      ['b', [6], six],
    ]);
  });

  it('that contradict themselves are refused', () => {
    const one = dict(['a', tensor(old(6), 0, [6], [1])]);
    const six: [string, number][] = [['0', 6]];
    const two = dict(['a', tensor(old(6), 0, [6], [1])], ['b', tensor(old(5), 0, [5], [1])]);
    const cases: [string, Uint8Array, RegExp][] = [
      ['cut off', fileOf(one, six).subarray(0, -1), /beyond its end/],
      ['other size', fileOf(one, six, { sizes: [5] }), /another size than its tensors/],
      ['negative size', fileOf(one, six, { sizes: [-6] }), /another size than its tensors/],
      ['storage that is not there', fileOf(one, []), /another size than it says/],
      ['storage of no tensor', fileOf(one, [...six, ['1', 6]]), /list of storages/],
      ['storage twice', fileOf(one, [...six, ...six]), /list of storages/],
      ['two sizes', fileOf(two, six), /different things of one storage/],
      ['version', fileOf(one, six, { header: [magic, byte(1), facts] }), /unknown version/],
      [
        'big-endian',
        fileOf(one, six, { header: [magic, 'M\xe9\x03', dict(['little_endian', '\x89'])] }),
        /not little-endian/,
      ],
      ['calls', fileOf(one, six, { header: [magic, 'cos\nsystem\n', facts] }), /os\.system/],
      ['saved module', fileOf(dict(['a', `${tuple(text('module'))}Q`]), six), /no storage/],
      ['beyond', fileOf(dict(['a', tensor(old(6), 1, [6], [1])]), six), /beyond its storage/],
    ];
    for (const [what, file, message] of cases)
      assert.throws(() => read(file), { code: 'E_MODEL_FORMAT', exitCode: 9, message }, what);
  });

  it('that are damaged never give anything but E_MODEL_FORMAT', () => {
    let refused = 0;
    const files = [
      ...mutated(of2017, 8000, 1),
      ...[...mutated(ofProtocol4, 4000, 2)].map((pickle) => zipOf(pickle)),
    ];
    for (const file of files)
      try {
        read(file);
      } catch (error) {
        refused++;
        assert.equal((error as { code?: string }).code, 'E_MODEL_FORMAT', String(error));
      }
    assert.ok(refused > 6000 && refused < 12_000, `${refused} refused`);
  });

  it('are not what a safetensors file is that begins with the same two bytes', async () => {
    const tensors = [{ name: 'a', shape: [1], data: Float32Array.of(1) }];
    const fileWith = (length: number) =>
      Buffer.concat(encodeSafetensors(tensors, { text: 'x'.repeat(length) }));
    const headerOf = (length: number) => Number(fileWith(length).readBigUint64LE());
    const length = Array.from({ length: 640 }, (_, n) => n).find((n) => headerOf(n) === 0x280);
    const file = fileWith(length as number);
    assert.deepEqual([...file.subarray(0, 2)], [0x80, 2]);
    assert.equal((await readWeightFile('a', file, 'ema')).format, 'safetensors');
  });
});

const python = pythonWith('torch', 'numpy');

describe('PyTorch', { skip: python.skip }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-torch-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (script: string) =>
    execFileSync(python.path, ['-c', script, folder], { stdio: 'pipe' });

  it('writes the format before 1.6 and pickle protocols 2 to 5, which are read alike', () => {
    run(`
import sys, torch
base = torch.arange(24.).reshape(4, 6)
state = {'t': base.t(), 'half': base.half(), 'bfloat': base.bfloat16(), 'long': base.long(), 'double': base.double(),
         'parameter': torch.nn.Parameter(base), 'part': base[1:, 2:], 'empty': base[:0], 'one': base[0, 3]}
file = {'params': torch.nn.Module().state_dict() | state, 'iter': 3}
for protocol in 2, 3, 4, 5:
    for zipped in True, False:
        torch.save(file, f'{sys.argv[1]}/{protocol}-{zipped}.pth', pickle_protocol=protocol,
                   _use_new_zipfile_serialization=zipped)
`);
    const of = (name: string) => read(readFileSync(join(folder, name)))[0];
    const [expected, ...others] = [2, 3, 4, 5].flatMap((protocol) => [
      of(`${protocol}-True.pth`),
      of(`${protocol}-False.pth`),
    ]);
    assert.equal(expected?.length, 9);
    assert.deepEqual([...(expected[0]?.data.subarray(0, 5) ?? [])], [0, 6, 12, 18, 1]);
    for (const other of others) assert.deepEqual(other, expected);
  });

  it("writes a file such as torchvision's of VGG19, which the perceptual loss takes", async () => {
    run(`
import sys, torch
from torch.nn import Conv2d, Linear, MaxPool2d, ReLU, Sequential
torch.manual_seed(1)
features = Sequential(Conv2d(3, 64, 3), ReLU(), Conv2d(64, 64, 3), ReLU(), MaxPool2d(2))
net = torch.nn.ModuleDict({'features': features, 'classifier': Sequential(Linear(4, 2))})
torch.save(net.state_dict(), sys.argv[1] + '/vgg19.pth', _use_new_zipfile_serialization=False)
`);
    const file = join(folder, 'vgg19.pth');
    const { tensors } = await readWeightFile(file, readFileSync(file), 'params');
    const found = new Map(tensors.map(({ name, data }) => [name, data]));
    const weights = featureWeights('vgg19', vgg19(['conv1_2']), tensors);
    const parts = ['0.weight', '0.bias', '2.weight', '2.bias'].map(
      (name) => found.get(`features.${name}`) as Float32Array,
    );
    assert.deepEqual(weights, Float32Array.from(parts.flatMap((part) => [...part])));
    assert.equal(weights.length, 38_720);
    assert.ok(weights.every((value) => value !== 0));
  });

  it('reads our file of 2017 as we do', () => {
    // Its own restricted reader knows no BINSTRING.
    writeFileSync(join(folder, '2017.pth'), of2017);
    run(`
import sys, torch
state = torch.load(sys.argv[1] + '/2017.pth', weights_only=False)
assert list(state) == ['a', 'b', 'c', 'd'], list(state)
for name in 'abc':
    assert torch.equal(state[name].detach(), torch.arange(6.).reshape(2, 3)), state[name]
assert state['d'].tolist() == [1]
`);
  });
});
