import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildNetwork } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { networkToOnnx } from '../../src/network/onnx.ts';
import { onnxSchema } from '../../src/network/onnx-schema.ts';
import { unetDiscriminator } from '../../src/network/unet-discriminator.ts';
import { vgg19 } from '../../src/network/vgg19.ts';
import { pythonWith } from '../python.ts';

const networks = [
  buildNetwork({ type: 'srvgg', scale: 3, numFeat: 8, numConv: 1, activation: 'prelu' }),
  buildNetwork({ type: 'srvgg', scale: 2, numFeat: 8, numConv: 0, activation: 'leakyrelu' }),
  buildNetwork({ type: 'msrresnet', scale: 4, numFeat: 8, numBlock: 1 }),
  buildNetwork({ type: 'rrdbnet', scale: 2, numFeat: 8, numBlock: 1, numGrowCh: 4 }),
  buildNetwork({ type: 'edsr', scale: 3, numFeat: 8, numBlock: 1, resScale: 0.1 }),
];

interface Model {
  ir_version: { toNumber(): number };
  opset_import: { domain: string; version: { toNumber(): number } }[];
  metadata_props: { key: string; value: string }[];
  graph: {
    initializer: { name: string; dims: { toNumber(): number }[]; raw_data: Uint8Array }[];
    node: { op_type: string; input: string[]; output: string[] }[];
  };
}

function decode(bytes: Uint8Array): Model {
  return onnxSchema.lookupType('onnx.ModelProto').decode(bytes) as unknown as Model;
}

test('ONNX models say IR 8 and opset 17 and carry metadata', () => {
  const [spec] = networks as [(typeof networks)[0]];
  const model = decode(networkToOnnx(spec, initialWeights(spec, 1), { name: 'demo' }));
  assert.equal(model.ir_version.toNumber(), 8);
  assert.deepEqual(
    model.opset_import.map(({ domain, version }) => [domain, version.toNumber()]),
    [['', 17]],
  );
  assert.deepEqual(
    model.metadata_props.map(({ key, value }) => [key, value]),
    [
      ['architecture', 'srvgg'],
      ['scale', '3'],
      ['name', 'demo'],
    ],
  );
});

test('ONNX initializers have the state-dict names, order and bits', () => {
  for (const spec of networks) {
    const weights = initialWeights(spec, 2);
    const { initializer } = decode(networkToOnnx(spec, weights)).graph;
    const own = initializer.slice(0, spec.parameters.length);
    assert.deepEqual(
      own.map(({ name }) => name),
      spec.parameters.map(({ name }) => name),
    );
    const bytes = Buffer.concat(own.map(({ raw_data }) => raw_data));
    assert.ok(bytes.equals(Buffer.from(weights.buffer)));
  }
});

test('ONNX of float16 has halves of weights, and of all that is added and multiplied', () => {
  const spec = buildNetwork({ type: 'edsr', scale: 2, numFeat: 4, numBlock: 1, resScale: 0.1 });
  const { initializer } = decode(networkToOnnx(spec, initialWeights(spec, 2), {}, 'float16')).graph;
  for (const { name, dims, raw_data } of initializer) {
    const count = dims.reduce((product, size) => product * size.toNumber(), 1);
    assert.equal(raw_data.length, 2 * count, name);
  }
  const nearest = buildNetwork({ type: 'srvgg', scale: 2, numFeat: 4, numConv: 0 });
  const found = decode(networkToOnnx(nearest, initialWeights(nearest, 2), {}, 'float16'));
  const scales = found.graph.initializer.find(({ name }) => name === 'base.scales');
  assert.equal(scales?.raw_data.length, 16, 'Resize wants float32 factors');
});

test('ONNX of float16 refuses weights that it cannot hold', () => {
  const spec = buildNetwork({ type: 'srvgg', scale: 2, numFeat: 4, numConv: 0 });
  const weights = initialWeights(spec, 2);
  weights[0] = 65520;
  assert.throws(() => networkToOnnx(spec, weights, {}, 'float16'), {
    code: 'E_ONNX',
    exitCode: 9,
    message: /body\.0\.weight has values beyond 65504/,
  });
  assert.doesNotThrow(() => networkToOnnx(spec, weights));
});

test('ONNX: weights of another network are refused', () => {
  const [spec] = networks as [(typeof networks)[0]];
  assert.throws(() => networkToOnnx(spec, new Float32Array(5)), { code: 'E_SHAPE' });
});

test('ONNX: what restores no images is refused', () => {
  for (const spec of [unetDiscriminator({ numFeat: 2 }), vgg19(['conv1_1'])]) {
    const weights = initialWeights(spec, 1);
    assert.throws(() => networkToOnnx(spec, weights), { code: 'E_NETWORK' });
  }
});

const python = pythonWith('onnx');

test("ONNX models pass onnx's own checker", { skip: python.skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-onnx-'));
  try {
    const files = networks.flatMap((spec) =>
      (['float32', 'float16'] as const).map((precision) => ({ spec, precision })),
    );
    for (const [index, { spec, precision }] of files.entries()) {
      const path = join(folder, `${index}.onnx`);
      writeFileSync(path, networkToOnnx(spec, initialWeights(spec, 3), {}, precision));
      const script = `
import sys, onnx
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
shape = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph.output[0].type
assert [d.dim_param or d.dim_value for d in shape.tensor_type.shape.dim] == ['N', 3, 'H_out', 'W_out']
`;
      execFileSync(python.path, ['-c', script, path], { stdio: 'pipe' });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the schema's field numbers are those of the official one", { skip: python.skip }, () => {
  const script = `
import json, onnx
from google.protobuf.descriptor import Descriptor
def fields(d):
    own = {f.full_name: [f.number, f.type, f.label if hasattr(f, 'label') else 0] for f in d.fields}
    for n in d.nested_types: own.update(fields(n))
    return own
all = {}
for d in onnx.onnx_ml_pb2.DESCRIPTOR.message_types_by_name.values(): all.update(fields(d))
print(json.dumps({k: v[0] for k, v in all.items()}))
`;
  const official = JSON.parse(
    execFileSync(python.path, ['-c', script], { encoding: 'utf8' }),
  ) as Record<string, number>;
  let compared = 0;
  const visit = (node: {
    nestedArray?: unknown[];
    fieldsArray?: { fullName: string; id: number }[];
  }) => {
    for (const field of node.fieldsArray ?? []) {
      const name = field.fullName.replace(/^\./, '');
      assert.equal(field.id, official[name], name);
      compared++;
    }
    for (const inner of node.nestedArray ?? []) visit(inner as typeof node);
  };
  visit(onnxSchema as never);
  assert.ok(compared > 30);
});
