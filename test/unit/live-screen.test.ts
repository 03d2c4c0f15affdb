import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Output } from '../../src/commands/output.ts';
import { openScreen, type ScreenStream } from '../../src/commands/screen/live.ts';
import type { ScreenState } from '../../src/commands/screen/state.ts';

const state = (step: number): ScreenState => ({
  name: 'demo',
  step,
  steps: 100,
  loss: 0.5,
  discriminatorLoss: null,
  learningRate: 1e-4,
  imagesPerSecond: 10,
  secondsLeft: 60,
  milliseconds: 100,
  split: { data: 0.1, degrade: 0.2, network: 0.7 },
  tasks: [
    { id: 'all', quota: 1, anchor: 1, kpi: 0.9, psnr: 25, previousPsnr: null, reference: null },
  ],
  savedStep: null,
  skipped: 0,
});

/** An Output that keeps what it prints. */
class Recorded extends Output {
  readonly notes: string[] = [];
  readonly documents: unknown[] = [];
  readonly watched: boolean;

  constructor(options: { json?: boolean; watched?: boolean }) {
    super({ json: options.json === true, verbose: false });
    this.watched = options.watched === true;
  }

  override note(text: string): void {
    if (this.watched) super.note(text);
    else this.notes.push(text);
  }

  override document(value: unknown): void {
    this.documents.push(value);
  }

  override get interactive(): boolean {
    return this.watched;
  }
}

function terminal(): { stream: ScreenStream; written: () => string } {
  const stream: ScreenStream & PassThrough = new PassThrough();
  stream.isTTY = true;
  stream.columns = 80;
  stream.rows = 24;
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream, written: () => text };
}

describe('live screen', () => {
  it('draws at once, keeps notes above, ends with the last state and never hides the cursor', () => {
    const { stream, written } = terminal();
    const output = new Recorded({ watched: true });
    const screen = openScreen(output, stream);
    screen.update(state(1));
    output.warn('W_NONFINITE', 'step 1 - step skipped');
    screen.update(state(2));
    screen.measured(state(3));
    screen.update(state(4));
    assert.ok(written().includes('Ctrl-C saves and stops'));
    screen.saved(4, 'step-4');
    const end = written().length;
    screen.close();
    assert.match(written().slice(end), /saved at step 4/);
    assert.ok(!written().slice(end).includes('Ctrl-C'), 'there is nothing left to stop');
    const text = stripVTControlCharacters(written());
    assert.match(
      text,
      /step 1 \/ 100[\s\S]*W_NONFINITE[^\n]*step skipped\n[\s\S]*step 3 \/ 100[\s\S]*step 4 \/ 100/,
    );
    assert.ok(!written().includes('\u001b[?25l'), 'the cursor is hidden');
    assert.ok(written().includes('\u001b[?2026l'), 'a frame is not written as one');
    const length = written().length;
    screen.close();
    stream.emit('resize');
    assert.equal(written().length, length, 'something is drawn after the end');
  });

  it('shows what is done also before the first step, and takes it away at the end', () => {
    const { stream, written } = terminal();
    const screen = openScreen(new Recorded({ watched: true }), stream);
    screen.activity('specialist of clean: step 1 of 9');
    assert.match(written(), /specialist of clean: step 1 of 9/);
    const end = written().length;
    screen.close();
    assert.ok(written().slice(end).includes('\u001b[2K'));
  });

  it('draws a few times a second, however fast the steps are', () => {
    const { stream, written } = terminal();
    const screen = openScreen(new Recorded({ watched: true }), stream);
    for (let step = 1; step <= 2000; step++) screen.update(state(step));
    const frames = written().split('ETA').length - 1;
    screen.close();
    assert.ok(frames < 200, `${frames} frames`);
  });

  it('draws anew for another width', () => {
    const { stream, written } = terminal();
    const screen = openScreen(new Recorded({ watched: true }), stream);
    screen.update(state(1));
    const before = written().length;
    stream.columns = 50;
    stream.emit('resize');
    screen.close();
    const lines = stripVTControlCharacters(written().slice(before)).split(/\r?\n/);
    assert.ok(lines.some((line) => line.includes('step 1 / 100')));
    for (const line of lines) assert.ok([...line].length < 50, line);
  });
});

describe('without a terminal', () => {
  it('there is a plain line for each log interval and each measurement', () => {
    const output = new Recorded({});
    const screen = openScreen(output);
    screen.update(state(1));
    screen.log(state(10));
    screen.measured(state(20));
    screen.close();
    assert.equal(output.notes.length, 2);
    assert.match(output.notes[0] ?? '', /^step 10\/100 {2}loss 0\.5000/);
    assert.match(
      output.notes[1] ?? '',
      /^measured at step 20: mean PSNR 25\.00 dB \| all 25\.00 dB/,
    );
  });

  it('there are JSON lines with --json', () => {
    const output = new Recorded({ json: true, watched: true });
    const screen = openScreen(output);
    screen.update(state(1));
    screen.log(state(10));
    screen.measured(state(20));
    screen.saved(20, 'step-20');
    screen.close();
    assert.deepEqual(output.documents, [
      { event: 'progress', ...state(10) },
      { event: 'measured', ...state(20) },
      { event: 'saved', step: 20, file: 'step-20' },
    ]);
    assert.deepEqual(output.notes, []);
  });
});
