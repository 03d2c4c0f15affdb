import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeTorch } from '../../src/network/files/torch-read.ts';
import { encodeTorch } from '../../src/network/files/torch-write.ts';
import { encodeZip, ZipReader } from '../../src/network/files/zip.ts';
import type { Tensor } from '../../src/network/safetensors.ts';
import { mutated } from '../mutated.ts';
import { byte, bytesOf, dict, pickle, storage, tensor, text } from '../pickle-text.ts';
import { pythonWith } from '../python.ts';

const whole = (parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

const tensors: Tensor[] = [
  { name: 'body.0.weight', shape: [2, 3], data: Float32Array.of(1, -0, 3.5, 1e-45, 5, 6) },
  { name: 'ä', shape: [], data: Float32Array.of(7) },
  { name: 'empty', shape: [0, 3], data: new Float32Array(0) },
];
const written = whole(encodeTorch(tensors, { wrapper: 'params_ema', metadata: { scale: '4' } }));

/** A file of the given pickle and storages. */
function fileOf(pickle: string, storages: Record<string, Uint8Array> = {}): Uint8Array {
  const records = Object.entries(storages).map(([key, bytes]) => ({
    name: `a/data/${key}`,
    bytes,
  }));
  return whole(encodeZip([{ name: 'a/data.pkl', bytes: bytesOf(pickle) }, ...records]));
}

const six = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);

const read = (bytes: Uint8Array) => decodeTorch(bytes).states.map((state) => state.read());

describe('PyTorch files', () => {
  it('are read back as written: names, order, shapes, bits and texts', () => {
    const { states, metadata } = decodeTorch(written);
    assert.deepEqual(
      states.map(({ wrapper }) => wrapper),
      ['params_ema'],
    );
    assert.deepEqual(states[0]?.read(), tensors);
    assert.deepEqual(metadata, { scale: '4' });
  });

  it('have data that is aligned and independent of the clock', () => {
    const again = whole(encodeTorch(tensors, { wrapper: 'params_ema', metadata: { scale: '4' } }));
    assert.deepEqual(again, written);
    const zip = new ZipReader(written);
    for (const name of zip.names) assert.equal(zip.read(name).byteOffset % 64, 0, name);
  });

  it('hold views into shared storages, in any order of strides', () => {
    const shared = storage(6);
    const file = fileOf(
      pickle(
        dict(
          ['module.whole', tensor(shared, 0, [2, 3], [3, 1])],
          ['module.transposed', tensor(shared, 0, [3, 2], [1, 3])],
          ['module.column', tensor(shared, 1, [2], [3])],
        ),
      ),
      { '0': six },
    );
    assert.deepEqual(
      read(file)[0]?.map(({ name, shape, data }) => [name, shape, [...data]]),
      [
        ['whole', [2, 3], [0, 1, 2, 3, 4, 5]],
        ['transposed', [3, 2], [0, 3, 1, 4, 2, 5]],
        ['column', [2], [1, 4]],
      ],
    );
  });

  it('hold one or more dicts below the keys of the field, beside what is no tensor', () => {
    const inner = (name: string) => dict([name, tensor(storage(6), 0, [6], [1])]);
    const file = fileOf(
      pickle(dict(['params', inner('a')], ['iter', byte(3)], ['params_ema', inner('b')])),
      { '0': six },
    );
    assert.deepEqual(
      decodeTorch(file).states.map((state) => [state.wrapper, state.read()[0]?.name]),
      [
        ['params_ema', 'b'],
        ['params', 'a'],
      ],
    );
  });

  it('that want anything but tensors are refused, by the name of what they want', () => {
    const call = (module: string, name: string) =>
      fileOf(pickle(`c${module}\n${name}\n(${text('touch x')}tR`));
    for (const [module, name] of [
      ['os', 'system'],
      ['builtins', 'eval'],
      ['torch', 'load'],
      ['collections', 'OrderedDict.__init__'],
      ['torch._utils', '_rebuild_tensor_v2.__globals__'],
      ['__proto__', 'constructor'],
    ] as const)
      assert.throws(() => decodeTorch(call(module, name)), {
        code: 'E_MODEL_FORMAT',
        exitCode: 9,
        message: `not a usable PyTorch file: it asks for ${module}.${name}, which is no tensor and is never loaded`,
        hint: /save model\.state_dict\(\)/,
      });
  });

  it('that contradict themselves are refused', () => {
    const one = (value: string, bytes = six) => fileOf(pickle(dict(['a', value])), { '0': bytes });
    const floats = storage(6);
    const cases: [string, Uint8Array, RegExp][] = [
      ['beyond the end', one(tensor(floats, 1, [6], [1])), /beyond its storage/],
      ['stride beyond the end', one(tensor(floats, 0, [2, 2], [5, 1])), /beyond its storage/],
      ['expanded', one(tensor(floats, 0, [100, 100], [0, 0])), /beyond its storage/],
      ['overflow', one(tensor(floats, 0, Array(8).fill(255), Array(8).fill(0))), /beyond/],
      ['short storage', one(tensor(floats, 0, [6], [1]), six.subarray(4)), /another size/],
      ['no storage', fileOf(pickle(dict(['a', tensor(floats, 0, [6], [1])]))), /another size/],
      ['other type', one(tensor(storage(6, '0', 'HalfStorage'), 0, [6], [1])), /another size/],
      ['shape', one(tensor(floats, 0, [6], [1, 1])), /impossible shape/],
      ['dimensions', one(tensor(floats, 0, Array(9).fill(1), Array(9).fill(1))), /impossible/],
      ['called as a function', fileOf(pickle('ctorch\nFloatStorage\n)R')), /calls torch\.Float/],
      ['no dict', fileOf(pickle(byte(1))), /no dict of tensors/],
      ['no tensors', fileOf(pickle(dict(['iter', byte(1)]))), /no dict of tensors, only iter/],
      [
        'a number among tensors',
        fileOf(pickle(dict(['a', tensor(floats, 0, [1], [1])], ['b', 'N']))),
        /entry b is no tensor/,
      ],
      ['unknown opcode', fileOf('\x80\x02i'), /opcode 0x69/],
      ['old protocol', fileOf('\x80\x01.'), /protocol 1/],
      ['protocol to come', fileOf('\x80\x06.'), /protocol 6/],
      ['frame', fileOf('\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN.'), /cut off/],
      ['name of a number', fileOf('\x80\x04K\x01K\x02\x93.'), /no name/],
      ['state of a number', fileOf(pickle('N}b')), /no dict of tensors/],
      ['state of a whole tensor', one(`${tensor(floats, 0, [6], [1])}(NNNNtb`), /changes a tensor/],
      ['tensor without state', one('ctorch\nFloatTensor\n)R'), /no dict of tensors/],
      [
        'part of a storage',
        one(tensor(storage(6, '0', 'FloatStorage', ')'), 0, [6], [1])),
        /parts of others/,
      ],
      ['underflow', fileOf(pickle('a')), /takes more/],
      ['no mark', fileOf(pickle('t')), /no mark/],
      ['not ended', fileOf('\x80\x02N'), /cut off/],
      ['text of 4 GB', fileOf('\x80\x02X\xff\xff\xff\xffa'), /cut off/],
      ['endless', fileOf(pickle('N'.repeat(500_001))), /more than 500000 opcodes/],
      ['huge integer', fileOf(pickle('\x8a\xff')), /integer of 255 bytes/],
      ['remainder', fileOf(pickle('NN')), /remainder/],
    ];
    for (const [what, bytes, message] of cases)
      assert.throws(() => read(bytes), { code: 'E_MODEL_FORMAT', exitCode: 9, message }, what);
  });

  it('that grow far beyond their size by sharing a storage are refused', () => {
    const entries = Array.from({ length: 200 }, (_, i): [string, string] => [
      `t${i}`,
      tensor(storage(250, '0', 'ByteStorage'), 0, [250], [1]),
    ]);
    const file = fileOf(pickle(dict(...entries)), { '0': new Uint8Array(250) });
    assert.throws(() => read(file), { message: /share their storages too often/ });
  });

  it('that are programs are refused with what to do', () => {
    const script = whole(
      encodeZip(['a/data.pkl', 'a/constants.pkl'].map((name) => ({ name, bytes: bytesOf('N.') }))),
    );
    assert.throws(() => decodeTorch(script), { message: /TorchScript/, hint: /state_dict/ });
  });

  it('that are damaged never give anything but E_MODEL_FORMAT', () => {
    const tried = { file: 0, pickle: 0, refused: 0 };
    const attempt = (bytes: Uint8Array) => {
      try {
        read(bytes);
      } catch (error) {
        tried.refused++;
        assert.equal((error as { code?: string }).code, 'E_MODEL_FORMAT', String(error));
      }
    };
    for (const bytes of mutated(written, 4000, 1)) {
      tried.file++;
      attempt(bytes);
    }
    // Checksums would stop nearly all of these at once: they are made right again.
    const zip = new ZipReader(written);
    const records = zip.names.map((name) => ({ name, bytes: zip.read(name) }));
    for (const bytes of mutated(zip.read('archive/data.pkl'), 8000, 2)) {
      tried.pickle++;
      attempt(
        whole(encodeZip(records.map((r) => (r.name === 'archive/data.pkl' ? { ...r, bytes } : r)))),
      );
    }
    assert.deepEqual([tried.file, tried.pickle], [4000, 8000]);
    assert.ok(tried.refused > 6000 && tried.refused < 12000, `${tried.refused} refused`);
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

  it('reads what is written, with weights_only and mapped into memory too', () => {
    writeFileSync(join(folder, 'ours.pth'), written);
    run(`
import sys, torch
path = sys.argv[1] + '/ours.pth'
for mapped in False, True:
    found = torch.load(path, weights_only=True, mmap=mapped)
    assert found['metadata'] == {'scale': '4'}, found
    state = found['params_ema']
    assert list(state) == ['body.0.weight', 'ä', 'empty'], list(state)
    expected = torch.tensor([[1, -0.0, 3.5], [1e-45, 5, 6]])
    assert torch.equal(state['body.0.weight'].view(torch.int32), expected.view(torch.int32))
    assert state['ä'].shape == () and state['ä'] == 7
    assert state['empty'].shape == (0, 3)
`);
  });

  it('writes files whose tensors are read, of every type and stride', () => {
    run(`
import sys, torch
base = torch.arange(24.).reshape(4, 6)
model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.PReLU(2))
state = {str(t): base.to(t) for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16,
         torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)}
state |= {'t': base.t(), 'part': base[1:, 2:], 'parameter': torch.nn.Parameter(base),
          'last': base.reshape(1, 4, 6, 1).contiguous(memory_format=torch.channels_last), 'yes': base > 3}
torch.save({'params': state, 'iter': 3, 'optimizer': torch.optim.Adam(model.parameters()).state_dict()},
           sys.argv[1] + '/theirs.pth')
torch.save(model.state_dict(), sys.argv[1] + '/model.pth')
torch.save(model, sys.argv[1] + '/whole.pth')
`);
    const numbers = Float32Array.from({ length: 24 }, (_, i) => i);
    const [state] = read(readFileSync(join(folder, 'theirs.pth')));
    const found = new Map(state?.map((one) => [one.name, one]));
    for (const [name, { data }] of found)
      if (name.startsWith('torch.') || name === 'parameter' || name === 'last')
        assert.deepEqual(data, numbers, name);
    assert.equal(found.size, 14);
    assert.deepEqual(found.get('t')?.shape, [6, 4]);
    assert.deepEqual([...(found.get('t')?.data ?? [])].slice(0, 5), [0, 6, 12, 18, 1]);
    assert.deepEqual([...(found.get('part')?.data ?? [])].slice(0, 5), [8, 9, 10, 11, 14]);
    assert.equal(
      found.get('yes')?.data.reduce((a, b) => a + b),
      20,
    );
    const [plain] = read(readFileSync(join(folder, 'model.pth')));
    assert.deepEqual(
      plain?.map(({ name, shape }) => [name, shape]),
      [
        ['0.weight', [2, 1, 3, 3]],
        ['0.bias', [2]],
        ['1.weight', [2]],
      ],
    );
    const refused = (file: string) => () => decodeTorch(readFileSync(join(folder, file)));
    assert.throws(refused('whole.pth'), { message: /asks for torch\.nn\.modules\.container\.Seq/ });
  });
});
