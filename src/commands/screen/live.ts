import { createLogUpdate } from 'log-update';
import { usesColor } from '../colors.ts';
import type { Output } from '../output.ts';
import { measuredLine, plainLine, renderScreen } from './render.ts';
import type { ScreenState } from './state.ts';

/** How a training run is shown: a live screen, plain lines, or JSON lines. */
export interface TrainScreen {
  /** After every step; cheap. */
  update(state: ScreenState): void;
  /** At every log interval. */
  log(state: ScreenState): void;
  /** After the tasks were measured. */
  measured(state: ScreenState): void;
  /** After a checkpoint was written. */
  saved(step: number, file: string): void;
  /** While something other than steps is done; nothing when steps go on. */
  activity(text: string | undefined): void;
  /** Leaves the last state on the terminal. Safe to call twice. */
  close(): void;
}

/** The terminal as far as the screen uses it: process.stderr, or a recording in tests. */
export type ScreenStream = NodeJS.WritableStream & {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
};

/** Frames a second that people can follow and that cost nothing. */
const millisecondsBetweenFrames = 100;

/** Block characters are shown only where the locale says UTF-8. */
export function speaksUnicode(env: NodeJS.ProcessEnv = process.env): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return /utf-?8/i.test(locale);
}

/**
 * Redraws in place on a terminal. The cursor is never hidden, so there is nothing to restore after a
 * crash or a kill, and it rests below the screen, where the next output belongs.
 */
class LiveScreen implements TrainScreen {
  private readonly draw;
  private last: ScreenState | undefined;
  private drawn: string[] = [];
  private drawnWidth = 0;
  private nextFrame = 0;
  private readonly resized = (): void => this.redraw();
  private readonly stream: ScreenStream;
  private readonly output: Output;

  constructor(stream: ScreenStream, output: Output) {
    this.stream = stream;
    this.output = output;
    this.draw = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
    stream.on('resize', this.resized);
    output.noteThrough((text) => {
      this.draw.persist(text);
      this.redraw();
    });
  }

  update(state: ScreenState): void {
    this.last = state;
    if (performance.now() >= this.nextFrame) this.redraw();
  }

  log(state: ScreenState): void {
    this.update(state);
  }

  measured(state: ScreenState): void {
    this.last = state;
    this.redraw();
  }

  saved(step: number): void {
    if (this.last) this.last = { ...this.last, savedStep: step };
  }

  activity(text: string | undefined): void {
    if (this.last) this.update({ ...this.last, activity: text });
    else if (text && performance.now() >= this.nextFrame) this.draw(text);
  }

  close(): void {
    if (!this.last) this.draw.clear();
    this.redraw({ ended: true });
    this.draw.done();
    this.last = undefined;
    this.stream.off('resize', this.resized);
    this.output.noteThrough(undefined);
  }

  private redraw({ ended = false } = {}): void {
    if (!this.last) return;
    const { columns = 80, rows = 24 } = this.stream;
    if (columns < this.drawnWidth) this.eraseReflowed(columns);
    // One column stays free: some terminals wrap a line that fills all of them.
    const width = Math.max(40, columns - 1);
    const lines = renderScreen(this.last, {
      width,
      color: usesColor(this.stream),
      unicode: speaksUnicode(),
      height: rows - 1,
      ended,
    });
    this.draw(lines.join('\n'));
    this.drawn = lines;
    this.drawnWidth = columns;
    this.nextFrame = performance.now() + millisecondsBetweenFrames;
  }

  /** A terminal that becomes narrower breaks long lines into several rows; log-update counts lines. */
  private eraseReflowed(columns: number): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes have no width
    const visible = this.drawn.map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').length);
    const rows = visible.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    this.stream.write(`\r\u001b[${rows}A\u001b[J`);
    this.draw.done();
    this.drawnWidth = columns;
  }
}

class PlainScreen implements TrainScreen {
  private readonly output: Output;

  constructor(output: Output) {
    this.output = output;
  }

  update(): void {}

  log(state: ScreenState): void {
    this.output.note(plainLine(state));
  }

  measured(state: ScreenState): void {
    this.output.note(measuredLine(state));
  }

  saved(): void {}

  activity(): void {}

  close(): void {}
}

/** `{event: "progress" | "measured" | "saved", ...}` on stdout. */
class JsonScreen implements TrainScreen {
  private readonly output: Output;

  constructor(output: Output) {
    this.output = output;
  }

  update(): void {}

  log(state: ScreenState): void {
    this.output.document({ event: 'progress', ...state });
  }

  measured(state: ScreenState): void {
    this.output.document({ event: 'measured', ...state });
  }

  saved(step: number, file: string): void {
    this.output.document({ event: 'saved', step, file });
  }

  activity(): void {}

  close(): void {}
}

/** The screen that suits: JSON lines with `--json`, live where people watch stderr, else plain lines. */
export function openScreen(output: Output, stream: ScreenStream = process.stderr): TrainScreen {
  if (output.json) return new JsonScreen(output);
  return output.interactive ? new LiveScreen(stream, output) : new PlainScreen(output);
}
