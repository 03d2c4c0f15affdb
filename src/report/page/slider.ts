/** The page's only script: it turns pictures of a crop into a slider. Without it they stay side by side. */
export const sliderScript = `
'use strict';
for (const card of document.querySelectorAll('[data-compare]')) {
  const versions = [...card.querySelectorAll('.versions figure')].map((figure) => ({
    name: figure.dataset.name,
    image: figure.querySelector('img'),
    pixels: figure.classList.contains('pixels'),
  }));
  if (versions.length < 2) continue;
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const first = versions[0].image;
  const sides = ['left', 'right'].map((side, at) => ({
    side,
    image: make('img', { className: side }),
    tag: make('span', { className: 'tag' }),
    select: make('select', {}, ...versions.map(({ name }) => make('option', { textContent: name }))),
    chosen: Math.min(at + 1, versions.length - 1),
  }));
  const range = make('input', { type: 'range', min: 0, max: 100, step: 1, value: 50 });
  const stage = make('div', { className: 'stage' },
    sides[1].image, sides[0].image, make('div', { className: 'bar' }), sides[0].tag, sides[1].tag, range);
  stage.style.setProperty('--ratio', first.getAttribute('width') + ' / ' + first.getAttribute('height'));
  const move = () => {
    stage.style.setProperty('--at', range.value + '%');
    range.setAttribute('aria-valuetext', range.value + ' % ' + sides[0].tag.textContent);
  };
  const show = () => {
    for (const { side, image, tag, select } of sides) {
      const { name, image: source, pixels } = versions[select.selectedIndex];
      image.src = source.src;
      image.alt = source.alt;
      image.className = side + (pixels ? ' pixels' : '');
      tag.textContent = name;
    }
    range.setAttribute('aria-label', card.dataset.compare + ': how much of ' +
      sides[0].tag.textContent + ' covers ' + sides[1].tag.textContent);
    move();
  };
  for (const one of sides) {
    one.select.selectedIndex = one.chosen;
    one.select.addEventListener('change', show);
  }
  range.addEventListener('input', move);
  const choice = make('div', { className: 'choice' },
    ...sides.map(({ side, select }) => make('label', {}, side + ' ', select)));
  card.querySelector('.versions').before(stage, choice);
  show();
}
`;
