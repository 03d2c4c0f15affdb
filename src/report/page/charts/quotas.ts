/** Quotas over time: how the samples were divided among the tasks, as stacked areas. */
import { percent } from '../format.ts';
import type { Point } from '../gather/metrics.ts';
import type { Html } from '../html.ts';
import { drawChart, type Size } from './draw.ts';
import { colours, fontSize, stepAxis, taskColour, valueAxis } from './theme.ts';

export interface QuotaBand {
  task: string;
  /** Share of the samples asked for, in [0, 1]; every band at the same steps. */
  shares: readonly Point[];
}

export interface QuotaChart {
  /** From the bottom up. */
  bands: readonly QuotaBand[];
  levels: number;
}

/**
 * Bands with their names beside the last step, or with their numbers where there is no room for names.
 * @param named names; else numbers, which a legend explains
 */
export function quotaChart({ bands, levels }: QuotaChart, size: Size, named: boolean): Html {
  const steps = bands[0]?.shares.map(([step]) => step) ?? [];
  const ends = [steps[0] ?? 0, steps.at(-1) ?? 1] as const;
  return drawChart(
    {
      grid: { left: 38, right: named ? 162 : 22, top: 10, bottom: 26 },
      xAxis: stepAxis(ends, 4),
      yAxis: valueAxis({ min: 0, max: 1, interval: 0.25, format: (value) => percent(value, 0) }),
      series: [
        ...bands.map(({ task, shares }, at) => ({
          name: task,
          type: 'line',
          stack: 'quota',
          step: 'end',
          silent: true,
          showSymbol: false,
          lineStyle: { width: 1, color: colours.ground },
          areaStyle: { color: taskColour(at, levels), opacity: 1 },
          data: shares,
        })),
        labels(bands, ends[1], named),
      ],
    },
    size,
  );
}

/** Least distance of two labels, as a share of the chart's height. */
const leastDistance = 0.04;

/** Heights of labels beside the middles of the bands, moved apart where bands are thin. */
export function labelHeights(shares: readonly number[], distance: number): number[] {
  let below = 0;
  const heights = shares.map((share) => {
    const middle = below + share / 2;
    below += share;
    return middle;
  });
  const room = Math.min(distance, shares.length > 1 ? 1 / (shares.length - 1) : 1);
  for (let at = 1; at < heights.length; at++) {
    heights[at] = Math.max(heights[at] as number, (heights[at - 1] as number) + room);
  }
  let above = 1;
  for (let at = heights.length - 1; at >= 0; at--) {
    heights[at] = Math.min(heights[at] as number, above);
    above = (heights[at] as number) - room;
  }
  return heights;
}

function labels(bands: readonly QuotaBand[], step: number, named: boolean) {
  const shares = bands.map((band) => band.shares.at(-1)?.[1] ?? 0);
  const text = (at: number) =>
    named ? `${bands[at]?.task}  ${percent(shares[at])}` : String(at + 1);
  return {
    type: 'scatter',
    silent: true,
    symbolSize: 0,
    itemStyle: { opacity: 1 },
    clip: false,
    data: labelHeights(shares, named ? leastDistance : 0.055).map((height, at) => ({
      value: [step, height],
      label: {
        show: true,
        position: 'right',
        distance: 6,
        color: colours.text,
        fontSize,
        formatter: text(at),
      },
    })),
  };
}
