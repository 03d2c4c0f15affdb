/** Small multiples: one quantity over time, a little chart for each task, all to one scale. */
import { significant } from '../format.ts';
import type { Point } from '../gather/metrics.ts';
import type { Html } from '../html.ts';
import { drawChart } from './draw.ts';
import { colours, runLook, stepAxis, valueAxis } from './theme.ts';

export interface PanelLine {
  /** Number of the run, for its look. */
  run: number;
  points: readonly Point[];
}

/** A horizontal line, which the panel's heading names. */
export interface PanelMark {
  value: number;
  label: string;
  dash: number[];
}

export interface Panel {
  lines: readonly PanelLine[];
  /** Horizontal lines, such as the reference. */
  marks: readonly PanelMark[];
}

export interface PanelScale {
  steps: readonly [number, number];
  values: readonly [number, number];
  /** Digits behind the point at the axis. */
  digits: number;
}

const size = { width: 152, height: 112 };

/** One panel. Nothing in it depends on colour: lines and marks differ in their dashes. */
export function panelChart({ lines, marks }: Panel, scale: PanelScale): Html {
  const [min, max] = scale.values;
  return drawChart(
    {
      grid: { left: 32, right: 9, top: 8, bottom: 20 },
      xAxis: stepAxis(scale.steps, 2),
      yAxis: valueAxis({
        min,
        max,
        interval: (max - min) / 2,
        format: (value) => value.toFixed(scale.digits),
      }),
      series: lines.map(({ run, points }, at) => {
        const { colour, dash } = runLook(run);
        return {
          type: 'line',
          silent: true,
          symbol: 'circle',
          symbolSize: 4,
          showSymbol: points.length <= 12,
          lineStyle: { width: 1.75, color: colour, type: dash },
          itemStyle: { color: colour },
          data: points,
          ...(at === 0 && marks.length > 0 ? { markLine: markLines(marks) } : {}),
        };
      }),
    },
    size,
  );
}

function markLines(marks: readonly PanelMark[]) {
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    data: marks.map(({ value, dash }) => ({
      yAxis: value,
      lineStyle: { color: colours.faint, type: dash, width: 1 },
    })),
  };
}

/** A span that holds each of the ranges, rounded up to what reads well. */
export function commonSpan(ranges: readonly (readonly [number, number])[]): number {
  const widest = Math.max(0, ...ranges.map(([low, high]) => high - low)) * 1.15;
  const steps = [0.1, 0.2, 0.4, 0.6, 1, 1.6, 2, 3, 4, 6, 10, 16, 20, 40];
  return steps.find((span) => span >= widest) ?? Number(significant(widest, 1));
}

/** The least and the greatest of some values; nothing without any. */
export function rangeOf(values: readonly number[]): [number, number] | undefined {
  if (values.length === 0) return undefined;
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
