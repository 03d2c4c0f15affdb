/** What all charts have in common: colours of the page, axes, and how runs are told apart. */
import { shortCount } from '../format.ts';

export const colours = {
  text: 'var(--text)',
  faint: 'var(--faint)',
  rule: 'var(--rule)',
  ground: 'var(--card)',
};

export const fontSize = 11;

export interface RunLook {
  colour: string;
  /** Lines differ in their dashes too, so that nobody needs to see colours. */
  dash: 'solid' | number[];
}

const dashes: RunLook['dash'][] = ['solid', [6, 3], [2, 2], [8, 3, 2, 3]];

/** How the lines of run number `at` look. */
export function runLook(at: number): RunLook {
  return { colour: `var(--run${at % 4})`, dash: dashes[at % dashes.length] as RunLook['dash'] };
}

const hues = 6;
const shades = 4;

/**
 * The colour of a task: tasks that differ in the last axis only are shades of one hue.
 * @param levels how many of them stand one after the other
 */
export function taskColour(at: number, levels: number): string {
  const row = levels > 0 && levels <= shades ? levels : shades;
  return `var(--task${Math.floor(at / row) % hues}${at % row})`;
}

/** A name on several lines, broken behind its dashes. */
export function wrapped(name: string, most: number): string {
  const words = name.split(/(?<=-)/);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length <= most) lines[lines.length - 1] += word;
    else lines.push(word);
  }
  return lines.join('\n');
}

/** The axis of steps: its ends, and what lies between where there is room. */
export function stepAxis(steps: readonly [number, number], ticks: number) {
  const [min, max] = steps;
  return {
    type: 'value',
    min,
    max: Math.max(max, min + 1),
    splitNumber: ticks,
    axisLine: { lineStyle: { color: colours.rule } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      color: colours.faint,
      fontSize,
      hideOverlap: true,
      formatter: (value: number) => shortCount(value),
    },
  };
}

export interface ValueAxis {
  min?: number;
  max?: number;
  /** Distance of the marks; echarts chooses without it. */
  interval?: number;
  ticks?: number;
  /** Begins near the least value instead of at 0. */
  close?: boolean;
  format: (value: number) => string;
}

export function valueAxis({ min, max, interval, ticks, close, format }: ValueAxis) {
  return {
    type: 'value',
    scale: close === true,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(interval === undefined ? {} : { interval }),
    ...(ticks === undefined ? {} : { splitNumber: ticks }),
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colours.rule } },
    axisLabel: { color: colours.faint, fontSize, formatter: format },
  };
}
