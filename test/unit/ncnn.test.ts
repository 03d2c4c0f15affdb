import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { decodeNcnn } from '../../src/network/files/ncnn-networks.ts';
import { fromHalves, toHalves } from '../../src/network/half.ts';
import { initialWeights } from '../../src/network/init.ts';
import { mutated } from '../mutated.ts';
import { type NcnnFiles, ncnnFiles } from '../ncnn-file.ts';

const networks: NetworkConfig[] = [
  { type: 'srvgg', scale: 4, numFeat: 5, numConv: 2, activation: 'prelu' },
  { type: 'srvgg', scale: 2, numFeat: 4, numConv: 1, activation: 'relu' },
  { type: 'srvgg', scale: 3, numFeat: 4, numConv: 0, activation: 'leakyrelu' },
  { type: 'rrdbnet', scale: 4, numFeat: 6, numBlock: 1, numGrowCh: 5 },
  { type: 'rrdbnet', scale: 2, numFeat: 6, numBlock: 1, numGrowCh: 5, unshuffle: false },
  { type: 'rrdbnet', scale: 1, numFeat: 6, numBlock: 2, numGrowCh: 5, unshuffle: false },
];

const decode = ({ param, bin }: NcnnFiles) => decodeNcnn(Buffer.from(param), bin);

function filesOf(network: NetworkConfig, isHalf = false) {
  const spec = buildNetwork(network);
  const values = initialWeights(spec, 1);
  return { spec, values, files: ncnnFiles(spec, values, isHalf) };
}

describe('ncnn files', () => {
  for (const network of networks)
    for (const isHalf of [false, true])
      it(`of ${JSON.stringify(network)}, float${isHalf ? 16 : 32}, become its tensors`, () => {
        const { spec, values, files } = filesOf(network, isHalf);
        const found = decode(files);
        assert.deepEqual(found.network, network);
        assert.deepEqual(
          found.tensors.map(({ name, shape }) => [name, shape]),
          spec.parameters.map(({ name, shape }) => [name, shape]),
        );
        let offset = 0;
        for (const { name, shape, data } of found.tensors) {
          const own = values.subarray(offset, offset + data.length);
          offset += data.length;
          // Only weights of convolutions are stored as halves.
          const isWeight = isHalf && shape.length === 4;
          assert.deepEqual(
            data,
            isWeight ? fromHalves(toHalves(own)) : Float32Array.from(own),
            name,
          );
        }
      });

  const refused = (files: NcnnFiles, code: string, message: RegExp) =>
    assert.throws(() => decode(files), { code, exitCode: 9, message });

  it('that compute something else with the same weights are refused', () => {
    const { files } = filesOf(networks[3] as NetworkConfig);
    const changed = (from: string | RegExp, to: string) => {
      const param = files.param.replace(from, to);
      assert.notEqual(param, files.param);
      refused({ ...files, param }, 'E_MODEL_UNKNOWN', /its layers do something else/);
    };
    changed('0=2.000000e-1', '0=1.000000e-1'); // a slope
    changed('1.000000e+00,2.000000e-1', '1.000000e+00,1.000000e-1'); // a residual's factor
    changed(
      'Interp conv_up2.nearest 1 1 conv_up1.act conv_up2.nearest 0=1',
      'Interp u 1 1 conv_up1.act conv_up2.nearest 0=2',
    );
    changed(/(body\.0\.rdb1\.cat3 3 1) (\S+) (\S+)/, '$1 $3 $2'); // the order of channels
    changed('4=1 5=1', '3=1 4=1 2=2 5=1'); // a dilation
    changed('4=1 5=1', '4=1 5=1 15=0'); // a padding
  });

  it('that go on behind a network are told apart from it', () => {
    const { files } = filesOf(networks[0] as NetworkConfig);
    const [magic, counts, ...layers] = files.param.trimEnd().split('\n');
    const count = Number(counts?.split(' ')[0]) + 1;
    const more = 'Interp half 1 1 output halved 0=3 1=0.5 2=0.5';
    const param = [magic, `${count} ${count}`, ...layers, more].join('\n');
    refused({ ...files, param }, 'E_MODEL_UNKNOWN', /layers of srvgg x4 are followed by others/);
  });

  it('that contradict themselves are refused', () => {
    const { files } = filesOf(networks[0] as NetworkConfig);
    const { param, bin } = files;
    const replaced = (from: string | RegExp, to: string) => ({
      bin,
      param: param.replace(from, to),
    });
    const cases: [string, NcnnFiles, RegExp][] = [
      ['magic', replaced('7767517', '7767516'), /does not begin with 7767517/],
      ['count', replaced(/^\d+ \d+$/m, '3 3'), /layers and says 3/],
      ['short .bin', { param, bin: bin.subarray(0, bin.length - 4) }, /ends within the layer/],
      ['long .bin', { param, bin: Buffer.concat([bin, Buffer.alloc(4)]) }, /4 bytes behind/],
      ['type', replaced('PixelShuffle', 'Pooling'), /type Pooling, which no network here has/],
      ['prototype', replaced('PixelShuffle', 'constructor'), /type constructor, which/],
      ['key', replaced('4=1', '4=x'), /the parameter "4=x"/],
      ['list', replaced('0=4', '-23301=2,1'), /another length/],
      ['blobs', replaced('output 2 1', 'output 2 99'), /fewer blobs/],
      [
        'absent blob',
        replaced('1 1 input body.0', '1 1 other body.0'),
        /takes other, which is not/,
      ],
      ['size', replaced('6=135', '6=136'), /impossible size/],
      ['int8', replaced('6=135', '6=135 8=1'), /quantised/],
    ];
    for (const [what, broken, message] of cases)
      assert.throws(() => decode(broken), { code: 'E_MODEL_FORMAT', exitCode: 9, message }, what);
    const other = Buffer.from(bin);
    other.writeUInt32LE(0x000d4b38, 0);
    refused({ param, bin: other }, 'E_MODEL_FORMAT', /of the type 0xd4b38/);
  });

  it('that are damaged never give anything but a coded error', () => {
    let refusals = 0;
    const attempt = (files: NcnnFiles) => {
      try {
        decode(files);
      } catch (error) {
        refusals++;
        const { code } = error as { code?: string };
        assert.ok(code === 'E_MODEL_FORMAT' || code === 'E_MODEL_UNKNOWN', String(error));
      }
    };
    for (const network of [networks[0], networks[3]] as NetworkConfig[]) {
      const { param, bin } = filesOf(network, true).files;
      for (const bytes of mutated(Buffer.from(param), 2000, 3))
        attempt({ param: Buffer.from(bytes).toString('latin1'), bin });
      for (const bytes of mutated(bin, 500, 4)) attempt({ param, bin: Buffer.from(bytes) });
    }
    assert.ok(refusals > 2000, `${refusals}`);
  });
});
