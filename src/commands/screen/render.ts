import pc from 'picocolors';
import { bar, duration, grouped, joined, percent, rate, shortened, signed } from './format.ts';
import type { ScreenState, TaskState } from './state.ts';

export interface RenderOptions {
  /** Columns of the terminal, 40 or more. No line is longer. */
  width: number;
  color: boolean;
  /** Block characters; without them bars are made of ASCII. */
  unicode: boolean;
  /** Rows of the terminal: tasks that do not fit are counted instead of shown. */
  height?: number;
  /** The run is over: there is nothing left to stop. */
  ended?: boolean;
}

type Colors = ReturnType<typeof pc.createColors>;

/** A column of the table: how wide, what it says of a task, and from which width on it is shown. */
interface Column {
  title: string;
  width: number;
  from: number;
  text: (task: TaskState, none: string) => string;
  paint?: (c: Colors, task: TaskState) => (text: string) => string;
}

const difference = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a - b;

const orNone = (value: number | null, none: string, text: (value: number) => string): string =>
  value === null ? none : text(value);

const plain = (text: string): string => text;

function byNearness(c: Colors, kpi: number | null): (text: string) => string {
  if (kpi === null) return c.dim;
  return kpi >= 0.97 ? c.green : kpi >= 0.93 ? plain : c.yellow;
}

const columns: Column[] = [
  { title: 'quota', width: 6, from: 0, text: (task) => `${(100 * task.quota).toFixed(1)} %` },
  {
    title: 'KPI',
    width: 5,
    from: 0,
    text: (task, none) => orNone(task.kpi, none, (kpi) => kpi.toFixed(3)),
    paint: (c, task) => byNearness(c, task.kpi),
  },
  {
    title: 'PSNR',
    width: 5,
    from: 0,
    text: (task, none) => orNone(task.psnr, none, (psnr) => psnr.toFixed(2)),
    paint: (c) => c.bold,
  },
  {
    title: 'to ref',
    width: 6,
    from: 56,
    text: (task, none) => orNone(difference(task.psnr, task.reference), none, signed),
  },
  {
    title: 'change',
    width: 6,
    from: 72,
    text: (task, none) => orNone(difference(task.psnr, task.previousPsnr), none, signed),
    paint: (c, task) => {
      const change = difference(task.psnr, task.previousPsnr);
      return change === null ? c.dim : change < 0 ? c.red : c.green;
    },
  },
];

const gap = 2;

/** The quota as a bar with a mark at the anchor; `full` is the share that fills it. */
function quotaBar(
  task: TaskState,
  full: number,
  width: number,
  options: RenderOptions,
): [string, string] {
  const cells = [...bar(task.quota / full, width, options.unicode)];
  const filled = cells.length;
  while (cells.length < width) cells.push(' ');
  const anchor = Math.min(width - 1, Math.max(0, Math.round((task.anchor / full) * width) - 1));
  if (width > 0) cells[anchor] = options.unicode ? (anchor < filled ? '▓' : '│') : '|';
  return [cells.slice(0, filled).join(''), cells.slice(filled).join('')];
}

function table(state: ScreenState, options: RenderOptions, rows: number, c: Colors): string[] {
  const { width, unicode } = options;
  const none = unicode ? '–' : '-';
  const shown = columns.filter((column) => width >= column.from);
  const numbers = shown.reduce((sum, column) => sum + gap + column.width, 0);
  const longest = Math.max(4, ...state.tasks.map((task) => task.id.length));
  const nameWidth = Math.min(longest, 28, Math.max(8, width - numbers - gap - 10));
  const barWidth = Math.min(48, Math.max(0, width - nameWidth - gap - numbers));
  const full = Math.max(1e-9, ...state.tasks.flatMap((task) => [task.quota, task.anchor]));
  const fits = state.tasks.length <= rows;
  const visible = fits ? state.tasks : state.tasks.slice(0, Math.max(0, rows - 1));
  const head = [
    'task'.padEnd(nameWidth + gap),
    (barWidth < 16 ? '' : unicode ? '▓│ anchor' : '| anchor').padEnd(barWidth),
    ...shown.map((column) => column.title.padStart(gap + column.width)),
  ].join('');
  const shownTasks = visible.map((task) => {
    const name = shortened(task.id, nameWidth).padEnd(nameWidth + gap);
    const cells = shown.map((column) => {
      const text = column.text(task, none).padStart(gap + column.width);
      return (column.paint?.(c, task) ?? plain)(text);
    });
    const [filled, empty] = quotaBar(task, full, barWidth, options);
    return name + c.cyan(filled) + c.dim(empty) + cells.join('');
  });
  const hidden = state.tasks.length - visible.length;
  return [c.dim(head), ...shownTasks, ...(hidden > 0 ? [c.dim(`and ${hidden} more tasks`)] : [])];
}

function meanPsnr(tasks: readonly TaskState[]): number | null {
  const known = tasks.flatMap((task) => (task.psnr === null ? [] : [task.psnr]));
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}

/** The figures of a step that both the screen and the plain line show. */
function figures(state: ScreenState): string[] {
  const { loss, discriminatorLoss, imagesPerSecond, milliseconds, split } = state;
  return [
    `loss ${loss === null ? '-' : loss.toPrecision(4)}`,
    ...(discriminatorLoss === null ? [] : [`discriminator ${discriminatorLoss.toPrecision(4)}`]),
    `learning rate ${state.learningRate.toExponential(2)}`,
    ...(imagesPerSecond === null ? [] : [`${rate(imagesPerSecond)} images/s`]),
    ...(milliseconds === null ? [] : [`${rate(milliseconds)} ms/step`]),
    ...(split === null
      ? []
      : [
          `data ${percent(split.data)}, degrade ${percent(split.degrade)}, network ${percent(split.network)}`,
        ]),
  ];
}

const eta = (state: ScreenState): string =>
  state.secondsLeft === null ? 'ETA -' : `ETA ${duration(state.secondsLeft)}`;

/** The training screen as lines, none longer than `width`; a pure function of its arguments. */
export function renderScreen(state: ScreenState, options: RenderOptions): string[] {
  const { width, unicode } = options;
  const c = pc.createColors(options.color);
  const share = state.steps > 0 ? state.step / state.steps : 0;
  const progress = joined(
    [`step ${grouped(state.step)} / ${grouped(state.steps)}`, percent(share), eta(state)],
    width,
  );
  const room = width - progress.length - 3;
  const title = room >= 6 ? `${c.bold(shortened(state.name, room))}   ` : '';
  const filled = bar(share, width, unicode);
  const track = (unicode ? '─' : '.').repeat(Math.max(0, width - filled.length));
  const mean = meanPsnr(state.tasks);
  const footer = [
    ...(state.activity ? [state.activity] : []),
    mean === null ? 'not measured yet' : `mean PSNR ${mean.toFixed(2)} dB`,
    state.savedStep === null ? 'no checkpoint yet' : `saved at step ${grouped(state.savedStep)}`,
    ...(state.skipped > 0 ? [`${grouped(state.skipped)} steps skipped`] : []),
    ...(options.ended ? [] : ['Ctrl-C saves and stops']),
  ];
  const above = [
    title + progress,
    c.green(filled) + c.dim(track),
    ...wrapped(figures(state), width),
    '',
  ];
  const rows = (options.height ?? Number.POSITIVE_INFINITY) - above.length - 2;
  return [
    ...above,
    ...table(state, options, rows, c),
    (state.activity ? c.yellow : c.dim)(joined(footer, width)),
  ];
}

/** All pieces, on as many lines as they need. */
function wrapped(pieces: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && `${last}   ${piece}`.length <= width)
      lines[lines.length - 1] = `${last}   ${piece}`;
    else lines.push(shortened(piece, width));
  }
  return lines;
}

/** One line for logs: no colour, no position. */
export function plainLine(state: ScreenState): string {
  const step = `step ${grouped(state.step)}/${grouped(state.steps)}`;
  return [step, ...figures(state), eta(state)].join('  ');
}

/** One line with what was measured of every task. */
export function measuredLine(state: ScreenState): string {
  const mean = meanPsnr(state.tasks);
  const tasks = state.tasks.map((task) => {
    const kpi = task.kpi === null ? '' : ` KPI ${task.kpi.toFixed(3)}`;
    const psnr = orNone(task.psnr, '-', (value) => `${value.toFixed(2)} dB`);
    return `${task.id} ${psnr}${kpi} quota ${(100 * task.quota).toFixed(1)} %`;
  });
  return `measured at step ${grouped(state.step)}: mean PSNR ${orNone(mean, '-', (m) => `${m.toFixed(2)} dB`)} | ${tasks.join(' | ')}`;
}
