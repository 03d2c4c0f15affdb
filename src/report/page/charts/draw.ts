/** Charts as SVG, drawn by echarts without a browser. */
import type { EChartsOption } from 'echarts';
// One file: echarts' modules take a second to load, this a tenth of it.
import { init } from 'echarts/dist/echarts.esm.min.mjs';
import { type Html, trusted, visible } from '../html.ts';

export interface Size {
  width: number;
  height: number;
}

/**
 * An SVG that fills the width of its place. Colours are CSS variables of the page, so that one drawing
 * serves light and dark; what echarts adds for pointing at it is taken out. It is hidden from screen
 * readers: whoever places it says in words what it shows.
 */
export function drawChart(option: object, size: Size): Html {
  const textStyle = { fontFamily: 'inherit', color: 'var(--text)' };
  return trusted(tidied(renderSvg({ textStyle, ...option }, size), size));
}

/** The SVG as echarts writes it, which stands on its own. */
export function renderSvg(option: object, { width, height }: Size): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option } as EChartsOption);
    return chart.renderToSVGString();
  } finally {
    // A chart that is not disposed keeps the process alive.
    chart.dispose();
  }
}

function tidied(svg: string, { width, height }: Size): string {
  // Names in the drawing are escaped by echarts, control characters are not.
  return visible(svg)
    .replace(/<svg [^>]*>/, `<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">`)
    .replace(/<style[^>]*>.*?<\/style>/gs, '')
    .replace(/<rect [^>]*fill="none"><\/rect>\n?/, '')
    .replace(/ class="zr[^"]*"/g, '')
    .replace(/ pointer-events="[^"]*"/g, '')
    .replace(/\n+/g, '\n');
}
