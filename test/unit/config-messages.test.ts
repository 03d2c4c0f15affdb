import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choiceLines } from '../../src/train/config-choices.ts';
import { minimal, parse, problems } from '../config-text.ts';

describe('YAML', () => {
  it('may have BOM, CRLF, tags, and exponents with or without a dot', () => {
    const text =
      '\ufeffimages:\r\n  train: gt\r\ntraining: {learningRate: !!float 2e-4, steps: 1e3}\r\n';
    const config = parse(new TextDecoder().decode(Buffer.from(text)));
    assert.equal(config.training.learningRate, 2e-4);
    assert.equal(config.training.steps, 1000);
  });

  it('may use anchors', () => {
    const stage = '{jpegQuality: [40, 90]}';
    const config = parse(`${minimal}degradation: {space: {stage1: &s ${stage}, stage2: *s}}`);
    const { space } = config.degradation;
    assert.ok(space.name === 'real-esrgan');
    assert.deepEqual(space.stage2.jpegQuality, [40, 90]);
  });

  const refused: [text: string, message: RegExp][] = [
    ['', /^run\.yaml: is empty/],
    ['# only a comment\n', /is empty/],
    ['- a\n- b\n', /^run\.yaml:1:1: is not a mapping/],
    ['just text', /is not a mapping/],
    ['a: [1, 2', /^run\.yaml:1:9: is not valid YAML/],
    ['a: 1\n---\nb: 2\n', /is not valid YAML/],
    [`${minimal}images: {train: b}\n`, /^run\.yaml:2:1: the key images stands here a second time/],
    [`${minimal}__proto__: {polluted: 1}\n`, /^run\.yaml:2:1: the key __proto__ is not allowed/],
    [`${minimal}training: {constructor: 1}\n`, /:2:12: the key constructor is not allowed/],
    [`${minimal}training: {"prototype": 1}\n`, /the key prototype is not allowed/],
    [`a: &a {steps: 1}\n${minimal}training: {<<: *a}\n`, /:3:12: the key << is not allowed/],
    [`${minimal}1: 2\n`, /:2:1: a key must be plain text/],
    [`${minimal}? [a, b]\n: 2\n`, /a key must be plain text/],
    [`${minimal}name: !secret x\n`, /is not valid YAML: Unresolved tag/],
    [`${minimal}name: *nobody\n`, /is not valid YAML/],
    [`a: ${'['.repeat(100)}`, /is nested deeper than 32 levels/],
    [`${'- '.repeat(100)}a`, /is nested deeper than 32 levels/],
    [`${'? '.repeat(9000)}a`, /is nested deeper than 32 levels/],
    [Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested deeper/],
    [`a: &a x\nb: [${'*a, '.repeat(200)}]`, /has more than 100 aliases/],
    [`a: [${'1,'.repeat(20_000)}1]`, /has more than 10000 tokens/],
    [`# ${'x'.repeat(1_000_000)}\n`, /is larger than 250 kB/],
    [
      `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`,
      /is not valid YAML: Excessive alias count/,
    ],
    ['a: &a [*a]\n', /images\.train is missing - expected text/],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)}`, () => {
      assert.match(problems(text)[0] ?? '', message);
    });
  }
});

describe('messages', () => {
  const cases: [text: string, message: string][] = [
    [
      'training: {lrate: 3}',
      'run.yaml:2:12: training.lrate is not a key - did you mean training.learningRate?',
    ],
    [
      'training:\n  batch_size: 3',
      'run.yaml:3:3: training.batch_size is not a key - did you mean training.batchSize?',
    ],
    [
      'learningRate: 1',
      'run.yaml:2:1: learningRate is not a key - did you mean training.learningRate?',
    ],
    ['gt_size: 256', 'run.yaml:2:1: gt_size is not a key - did you mean training.lqSize?'],
    ['xyzzy: 1', 'run.yaml:2:1: xyzzy is not a key'],
    [
      'tasks: {boundaries: {nose: [1]}}',
      'run.yaml:2:22: tasks.boundaries.nose is not a key - did you mean tasks.boundaries.noise?',
    ],
    [
      'training: {steps: 0}',
      'run.yaml:2:19: training.steps: expected an integer of at least 1, received 0',
    ],
    [
      'training: {steps: 1.5}',
      'run.yaml:2:19: training.steps: expected an integer of at least 1, received 1.5',
    ],
    [
      'training: {batchSize: "4"}',
      'run.yaml:2:23: training.batchSize: expected an integer from 1 to 65536, received "4" - write it without quotes',
    ],
    [
      'training: {learningRate: .nan}',
      'run.yaml:2:26: training.learningRate: expected a number greater than 0 and at most 1, received .nan',
    ],
    [
      'balance: {gamma: .inf}',
      'run.yaml:2:18: balance.gamma: expected a number from 0 to 10, received .inf (too large a number)',
    ],
    [
      'balance: {gamma: 1e999}',
      'run.yaml:2:18: balance.gamma: expected a number from 0 to 10, received .inf (too large a number)',
    ],
    [
      'balance: {rule: focalism}',
      `run.yaml:2:17: balance.rule: expected one of those below, received "focalism" - they are${choiceLines('balance.rule')}`,
    ],
    [
      'balance: {rule: quta}',
      `run.yaml:2:17: balance.rule: expected one of those below, received "quta" - did you mean quota?${choiceLines('balance.rule')}`,
    ],
    [
      'balance: {objective: wrst}',
      'run.yaml:2:22: balance.objective: expected one of those below, received "wrst" - did you mean worst?\n  mean: the mean PSNR over the tasks\n  worst: the PSNR of the task that is furthest below its specialist\n  no-task-below-natural: the mean PSNR, while no task falls below what natural sampling gives it',
    ],
    [
      'balance: {rule: constrained, transfer: {a: {a: 30}}}',
      'run.yaml:2:17: balance.rule: constrained needs the probe PSNR that natural sampling gives at the same step - give balance.natural: the folder of a run by the rule natural, alike in the rest',
    ],
    [
      'balance: {rule: famo}\ntraining: {loss: {gan: {type: vanilla}}}',
      "run.yaml:2:17: balance.rule: famo needs the losses of a step's batch after that step, which a run with an adversarial loss does not compute - leave training.loss.gan out, or choose another rule",
    ],
    [
      'balance: {rule: marginal-gain, constants: {samples: 0}}',
      'run.yaml:2:53: balance.constants.samples: is 0, not in [1, 1024] - eta (0.7, from 0 to 100): growth of the log share at full alignment; samples (64, from 1 to 1024): training samples a task and measurement',
    ],
    [
      'balance: {rule: transfer-matrix}',
      'run.yaml:2:17: balance.rule: transfer-matrix needs the PSNR of the specialist of each task on every task - give balance.transfer: {specialistSteps: 100}, a file of `tasks measure`, or task -> {task: dB}',
    ],
    [
      'balance: {rule: replay}',
      'run.yaml:2:17: balance.rule: replay needs the share of each task - give balance.shares: task -> share',
    ],
    [
      'balance: {rule: quota, references: null}',
      'run.yaml:2:17: balance.rule: quota needs the PSNR of a specialist of each task - give balance.references: {specialistSteps: 400}, a file of `tasks measure`, or task -> dB',
    ],
    [
      'balance: {rule: natural, objective: worst}',
      'run.yaml:2:37: balance.objective: natural does not pursue worst, transfer-matrix, marginal-gain do',
    ],
    [
      'balance: {rule: temperature, constants: {tau: 0.5}}',
      'run.yaml:2:47: balance.constants.tau: is 0.5, not in [1, 1000] - tau (1.5, from 1 to 1000): 1 is natural sampling',
    ],
    [
      'balance: {constants: {tau: 2}}',
      'run.yaml:2:28: balance.constants.tau: is no constant of natural - natural has none',
    ],
    [
      'balance: {anchor: {a: 0}}',
      'run.yaml:2:23: balance.anchor.a: expected a number greater than 0, received 0',
    ],
    [
      'balance: {references: [1]}',
      'run.yaml:2:23: balance.references: expected text that is not empty or a mapping (key: value) or null, received a list of 1',
    ],
    [
      'network: {type: srvg}',
      'run.yaml:2:17: network.type: expected srvgg or msrresnet or rrdbnet or edsr, received "srvg" - did you mean srvgg?',
    ],
    [
      'network: {type: msrresnet, numConv: 3}',
      'run.yaml:2:28: network.numConv is not a key when network.type is "msrresnet"',
    ],
    ['network: null', 'run.yaml:2:10: network: expected a mapping (key: value), received null'],
    ['scale: 5', 'run.yaml:2:8: scale: expected 1 or 2 or 3 or 4, received 5'],
    [
      'scale: 1\nnetwork: {type: msrresnet}',
      'run.yaml:2:8: scale: msrresnet has none of 1, srvgg has',
    ],
    ['scale: 3\nnetwork: {type: rrdbnet}', 'run.yaml:2:8: scale: rrdbnet has none of 3, srvgg has'],
    [
      'scale: 1\nnetwork: {type: rrdbnet}\ntraining: {lqSize: 34}',
      'run.yaml:4:20: training.lqSize: must be a multiple of 4 for rrdbnet of scale 1',
    ],
    ['images2: 1', 'run.yaml:2:1: images2 is not a key - did you mean images?'],
    [
      'degradation: {space: {stage1: {blurSigma: [3, 1]}}}',
      'run.yaml:2:43: degradation.space.stage1.blurSigma: the first number must not be greater than the second',
    ],
    [
      'degradation: {space: {stage1: {blurSigma: [1]}}}',
      'run.yaml:2:43: degradation.space.stage1.blurSigma: expected a list of 2: a number from 0.01 to 50, a number from 0.01 to 50, received a list of 1',
    ],
    [
      'degradation: {space: {stage1: {kernelProbabilities: {iso: 1}}}}',
      'run.yaml:2:53: degradation.space.stage1.kernelProbabilities: the probabilities must sum to 1, not 1.55',
    ],
    [
      'degradation: {space: {stage2: {resizeScale: [1.1, 1.2]}}}',
      'run.yaml:2:45: degradation.space.stage2.resizeScale: starts at 1.1, but down needs a scale of at most 1',
    ],
    [
      'degradation: {margin: 0, space: {stage1: {resizeScale: [0.02, 1]}}}\nscale: 2\ntraining: {lqSize: 24}',
      'run.yaml:2:56: degradation.space.stage1.resizeScale: leaves nothing of 48 pixels: low must be >= 0.020833333333333332',
    ],
    [
      'degradation: {margin: 4, space: {stage2: {resizeScale: [0.02, 1]}}}\ntraining: {lqSize: 32}',
      'run.yaml:2:56: degradation.space.stage2.resizeScale: leaves nothing of 40 pixels: low must be >= 0.025',
    ],
    [
      'degradation: {space: bsrgn}',
      'run.yaml:2:22: degradation.space.name: expected real-esrgan or bsrgan or bsrgan-plus or realsr or classic, received "bsrgn" - did you mean bsrgan?',
    ],
    [
      'degradation: {space: {name: bsrgan, stage1: {}}}',
      'run.yaml:2:37: degradation.space.stage1 is not a key when degradation.space.name is "bsrgan"',
    ],
    [
      'degradation: {space: {halveProbability: 1}}',
      'run.yaml:2:23: degradation.space.halveProbability is not a key when degradation.space.name is "real-esrgan"',
    ],
    [
      'degradation: {space: {name: bsrgan, blur: {kernelSize: [7]}}}',
      'run.yaml:2:44: degradation.space.blur.kernelSize is not a key - did you mean degradation.space.blur.kernelSizes?',
    ],
    [
      'degradation: {space: {name: bsrgan-plus, noise: {level: [2.5, 25]}}}',
      'run.yaml:2:58: degradation.space.noise.level.0: expected an integer from 0 to 255, received 2.5',
    ],
    [
      'degradation: {space: 3}',
      'run.yaml:2:22: degradation.space: expected one of real-esrgan, bsrgan, bsrgan-plus, realsr, classic or a mapping (key: value), received 3',
    ],
    [
      'degradation: {space: {name: realsr}, noiseBank: photos}',
      'run.yaml:2:14: degradation.kernels: realsr needs a file of estimated kernels, unless space.downscaleProbabilities is {bicubic: 1, kernel: 0}',
    ],
    [
      'degradation: {space: realsr, kernels: k.json}',
      'run.yaml:2:14: degradation.noiseBank: realsr needs a folder of noisy photographs, unless space.noiseProbability is 0',
    ],
    [
      'degradation: {kernels: k.json}',
      'run.yaml:2:24: degradation.kernels: only realsr has a use for it, not real-esrgan',
    ],
    [
      'degradation: {space: classic, jpegBackend: libjpeg}',
      'run.yaml:2:44: degradation.jpegBackend: classic does not compress',
    ],
    [
      'degradation: {space: bsrgan, compat: real-esrgan}\nbalance: {rule: natural}',
      'run.yaml:2:38: degradation.compat: only the space real-esrgan has it, not bsrgan',
    ],
    [
      'degradation: {compat: real-esrgan}\nbalance: {rule: natural}',
      'run.yaml:2:14: degradation.poolSize: must be a multiple of training.batchSize (16), for example 176 or 192',
    ],
    [
      'degradation: {compat: real-esrgan, poolSize: 5}\nbalance: {rule: natural}\ntraining: {batchSize: 12}',
      'run.yaml:2:46: degradation.poolSize: must be a multiple of training.batchSize (12), for example 12',
    ],
    [
      'degradation: {compat: real-esrgan, poolSize: 96}\nbalance: {rule: quota}',
      'run.yaml:3:17: balance.rule: degradation.compat draws whole batches, which only natural allows',
    ],
    [
      'degradation: {poolSize: 0}',
      'run.yaml:2:25: degradation.poolSize: expected an integer from 1 to 16384, received 0',
    ],
    [
      'degradation: {space: bsrgan, margin: 0}\ntraining: {lqSize: 25}',
      'run.yaml:3:20: training.lqSize: bsrgan needs at least 26 with this margin',
    ],
    [
      'validation: {border: 128}',
      'run.yaml:2:22: validation.border: cuts off all of a 256-pixel image',
    ],
    [
      'training: {batchSize: 65536}',
      'run.yaml:2:23: training.batchSize: at most 21845 samples of 256x256 make a batch',
    ],
    [
      'training: {accumulate: 3}',
      'run.yaml:2:24: training.accumulate: must divide training.batchSize (16) into equal parts',
    ],
    [
      'training: {schedule: {type: multistep, milestones: [5, 3]}}',
      'run.yaml:2:52: training.schedule.milestones: must rise',
    ],
    [
      'training: {schedule: {minimum: 0.1}}',
      'run.yaml:2:32: training.schedule.minimum: is above training.learningRate (0.0002)',
    ],
  ];
  for (const [text, message] of cases) {
    it(message.replace(/^run\.yaml:\d+:\d+: /, ''), () => {
      assert.deepEqual(problems(minimal + text), [message]);
    });
  }

  it('lists every mistake, in the order of the file', () => {
    const found = problems(
      'training:\n  steps: x\n  lrate: 1\nimages: {train: 3}\nlog: {every: 0}\n',
    );
    assert.deepEqual(
      found.map((line) => line.split(': ')[0]),
      ['run.yaml:2:10', 'run.yaml:3:3', 'run.yaml:4:17', 'run.yaml:5:14'],
    );
  });
});
