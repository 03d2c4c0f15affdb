// Looks at a page from within: the browser test evaluates this file there, then calls `pageChecks`.
// It is no module and not compiled: the DOM's types would otherwise reach the product's code.
globalThis.pageChecks = {
  /** What must be there, and what must not. */
  contents() {
    const images = [...document.images];
    const { scrollWidth, clientWidth } = document.documentElement;
    const charts = [...document.querySelectorAll('[role=img]')];
    return {
      images: images.length,
      broken: images.filter((image) => !image.complete || image.naturalWidth === 0).length,
      silent: images.filter((image) => image.alt.trim() === '').length,
      flat: charts.filter((chart) => chart.getBoundingClientRect().height < 30).length,
      overflow: scrollWidth - clientWidth,
      dark: matchMedia('(prefers-color-scheme: dark)').matches,
    };
  },

  openDetails() {
    for (const details of document.querySelectorAll('details')) details.open = true;
  },

  /** The first slider. */
  slider() {
    const stage = document.querySelector('.stage');
    const left = stage.querySelector('.left');
    return {
      at: getComputedStyle(stage).getPropertyValue('--at'),
      clip: getComputedStyle(left).clipPath,
      said: stage.querySelector('input').getAttribute('aria-valuetext'),
      left: left.naturalWidth > 0 ? left.alt : 'broken',
    };
  },

  /**
   * Texts whose contrast with what is behind them is below `least` (WCAG 2.2, 1.4.3), each once with its
   * ratio. Backgrounds are flat colours: of an element, or of the bar of a chart that holds its label.
   */
  paleTexts(least) {
    const parse = (text) => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
      return { red, green, blue, alpha };
    };
    const linear = (value) =>
      value <= 0.04045 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    const luminance = ({ red, green, blue }) =>
      0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if (colour.alpha === 1) return colour;
      }
      return { red: 255, green: 255, blue: 255 };
    };
    const barBehind = (text) => {
      const place = text.getBoundingClientRect();
      const bars = [...text.ownerSVGElement.querySelectorAll('path')].filter((path) => {
        const box = path.getBoundingClientRect();
        const wide = box.left <= place.left && box.right >= place.right;
        const inside = wide && box.top <= place.top && box.bottom >= place.bottom;
        return inside && getComputedStyle(path).fill.startsWith('rgb');
      });
      return bars.length > 0 ? parse(getComputedStyle(bars.at(-1)).fill) : undefined;
    };
    const ratioOf = (element) => {
      const style = getComputedStyle(element);
      const isDrawn = element instanceof SVGTextElement;
      const ink = luminance(parse(isDrawn ? style.fill : style.color));
      const ground = luminance((isDrawn && barBehind(element)) || behind(element));
      return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    };
    const pale = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let seen = 0;
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.textContent.trim();
      if (text === '' || !element.checkVisibility() || element.closest('script, style')) continue;
      seen++;
      const ratio = ratioOf(element);
      if (!(ratio >= least)) pale.add(`${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
    }
    return { seen, pale: [...pale] };
  },
};
