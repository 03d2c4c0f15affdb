/** One quantity of whole runs over time: loss, speed. */
import type { Point } from '../gather/metrics.ts';
import type { Html } from '../html.ts';
import { drawChart, type Size } from './draw.ts';
import { colours, fontSize, runLook, stepAxis, type ValueAxis, valueAxis } from './theme.ts';

export interface Curve {
  run: number;
  /** Written at its end; empty for a single run. */
  label: string;
  points: readonly Point[];
  /** Drawn thin behind it: what it is the average of. */
  thin?: readonly Point[];
}

/** Curves of several runs with their letters at the ends. */
export function curveChart(curves: readonly Curve[], axis: ValueAxis, size: Size): Html {
  const steps = curves.flatMap(({ points }) => points.map(([step]) => step));
  const ends = [0, steps.reduce((a, b) => Math.max(a, b), 1)] as const;
  const labelled = curves.some(({ label }) => label !== '');
  return drawChart(
    {
      grid: { left: 52, right: labelled ? 26 : 16, top: 10, bottom: 26 },
      xAxis: stepAxis(ends, 4),
      yAxis: valueAxis(axis),
      series: curves.flatMap(({ run, label, points, thin = [] }) => {
        const { colour, dash } = runLook(run);
        const curve = {
          name: label,
          type: 'line',
          silent: true,
          showSymbol: points.length === 1,
          lineStyle: { width: 2, color: colour, type: dash },
          itemStyle: { color: colour },
          endLabel: {
            show: label !== '',
            formatter: label,
            color: colours.text,
            fontSize,
            fontWeight: 'bold',
            textBorderWidth: 0,
          },
          labelLayout: { moveOverlap: 'shiftY' },
          data: points,
        };
        const lineStyle = { width: 1, color: colour, opacity: 0.45 };
        const behind = { type: 'line', silent: true, showSymbol: false, lineStyle, data: thin };
        return thin.length > 0 ? [behind, curve] : [curve];
      }),
    },
    size,
  );
}
