/** The page's style sheet. No font and no picture is loaded from anywhere. */

const light = `
  --page: #f5f6f8; --card: #fff; --text: #1b2129; --faint: #566170; --rule: #dfe3e9; --accent: #1f5fa8;
  --run0: #1f5fa8; --run1: #b4530a; --run2: #1d7a55; --run3: #7a3fa0;
  --bar0: #97a2b1; --bar1: #2a6fb8; --bar2: #d9963c;
  --on-bar0: #10151b; --on-bar1: #fff; --on-bar2: #10151b;
  --task00: #b3cdea; --task01: #5c90c9; --task02: #2b5f9b; --task03: #173a63;
  --task10: #efd9a5; --task11: #d3a647; --task12: #956a1c; --task13: #5c400d;
  --task20: #b0dcc5; --task21: #58a583; --task22: #2b7356; --task23: #154535;
  --task30: #d8bfe1; --task31: #a277b5; --task32: #6f4486; --task33: #452654;
  --task40: #efc0b3; --task41: #cf7a66; --task42: #9a4736; --task43: #632a1e;
  --task50: #cbd1d9; --task51: #86909d; --task52: #545e6b; --task53: #2f3742;
  --on-heat: #0f2036; --on-loss: #2b1708;
  --level0: #eef3fa; --level1: #d6e4f5; --level2: #b9d2ee; --level3: #97bbe3; --level4: #73a3d6;
  --gain1: #dce9f7; --gain2: #b3cfee; --gain3: #84aede;
  --loss1: #fbe5d3; --loss2: #f5c9a3; --loss3: #eba46b;
  color-scheme: light;`;

const dark = `
  --page: #0f1216; --card: #171b21; --text: #e6e9ee; --faint: #a3acb8; --rule: #2d343e; --accent: #82b4f0;
  --run0: #82b4f0; --run1: #f0a35e; --run2: #62c79b; --run3: #c79be6;
  --bar0: #8f9baa; --bar1: #6aa5e6; --bar2: #e0a04a;
  --on-bar0: #0c0f12; --on-bar1: #0b1420; --on-bar2: #0c0f12;
  --task03: #7d9cc0; --task13: #b8975a; --task23: #6fa48e; --task33: #9f7fb0; --task43: #b88273; --task53: #a3adb9;
  --on-heat: #f0f5fb; --on-loss: #fff3e8;
  --level0: #1b2530; --level1: #203348; --level2: #25415f; --level3: #2a507a; --level4: #305f92;
  --gain1: #1d2f44; --gain2: #24486f; --gain3: #2d5f97;
  --loss1: #3a2819; --loss2: #5a381b; --loss3: #7d4c1e;
  color-scheme: dark;`;

export const style = `
:root {${light} }
@media (prefers-color-scheme: dark) { :root {${dark} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
header, main, footer { max-width: 1152px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 36px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 6px; letter-spacing: -0.005em; }
h3 { font-size: 1rem; line-height: 1.4; margin: 28px 0 4px; }
h4 { font-size: .94rem; margin: 20px 0 8px; }
h5 { font-size: .94rem; margin: 0; }
h3:first-child, .crop h3, .task h3 { margin-top: 0; }
tbody th, tfoot th { overflow-wrap: normal; }
p { margin: 0 0 12px; }
a { color: var(--accent); }
.lead, .made, .status, figcaption, .note { color: var(--faint); }
.lead { max-width: 74ch; }
.fine, figcaption, .note, .status { font-size: .875rem; line-height: 1.5; }
.fine { color: var(--faint); margin: 0 0 8px; }
.missing {
  border-left: 3px solid var(--run1); padding: 6px 12px; background: var(--card);
  border-radius: 0 6px 6px 0; font-size: .9375rem; max-width: 90ch;
}
nav { margin: 18px 0 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0; padding: 0; font-size: .9375rem; }
nav a { display: inline-block; padding: 3px 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { padding: 34px 0 6px; margin-top: 26px; border-top: 1px solid var(--rule); }
.group { margin: 48px 0 0; font-size: 1.5rem; }
.runs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 20px; }
.run, .task, .crop, .map, .panel {
  background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 16px; min-width: 0;
}
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 14px 18px; margin: 0; }
.facts dt { color: var(--faint); font-size: .8125rem; }
.facts dd { margin: 0; font-size: 1.25rem; line-height: 1.3; font-weight: 600; }
.facts small { display: block; font-size: .8125rem; font-weight: 400; color: var(--faint); }
figure { margin: 0; }
.chart { margin: 8px 0 12px; }
.chart svg { display: block; width: 100%; height: auto; max-width: 640px; }
.chart figcaption { margin-top: 6px; max-width: 74ch; }
.narrow { display: none; }
.legend { columns: 150px; column-gap: 28px; font-size: .875rem; margin: 0 0 12px; padding-left: 24px; }
.swatch {
  display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px;
  vertical-align: -1px; border: 1px solid var(--rule);
}
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 10px 0 14px; font-size: .9375rem; }
.panels { display: grid; grid-template-columns: repeat(var(--wide), 1fr); gap: 12px; }
.panel { padding: 10px 8px 4px; }
.panel figcaption { color: var(--text); font-size: .8125rem; font-weight: 600; padding: 0 4px; line-height: 1.35; }
.panel .value { white-space: nowrap; }
.panel figcaption > span { display: block; font-variant-numeric: tabular-nums; font-weight: 400; color: var(--faint); }
.panel svg { display: block; width: 100%; height: auto; max-width: 200px; }
.cards { display: grid; grid-template-columns: repeat(var(--columns, 3), 1fr); gap: 16px; }
.task { display: flex; flex-direction: column; }
.task p { margin: 0 0 4px; font-size: .9375rem; }
.task p.fine { font-size: .8125rem; }
.pairs { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; margin-top: auto; padding-top: 6px; }
.pair { display: grid; gap: 2px; }
img { display: block; width: 100%; height: auto; border-radius: 3px; }
.pixels img, .stage img.pixels { image-rendering: pixelated; }
.versions { display: grid; grid-template-columns: repeat(var(--count, 4), 1fr); gap: 6px; margin: 8px 0; }
.versions figcaption { font-size: .75rem; line-height: 1.35; margin-top: 2px; text-align: center; }
.worst .versions { grid-template-columns: 1fr 1fr; }
.delta { white-space: nowrap; }
.stage { position: relative; overflow: hidden; border-radius: 6px; aspect-ratio: var(--ratio); background: var(--rule); }
.stage:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.stage img { position: absolute; inset: 0; width: 100%; height: 100%; border-radius: 0; }
.stage .left { clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.stage .bar {
  position: absolute; top: 0; bottom: 0; left: var(--at); width: 2px; margin-left: -1px;
  background: #fff; box-shadow: 0 0 0 1px rgb(0 0 0 / .55); pointer-events: none;
}
.stage .bar::after {
  content: ""; position: absolute; top: 50%; left: 50%; width: 26px; height: 26px; margin: -13px;
  border-radius: 50%; background: #fff; box-shadow: 0 0 0 1px rgb(0 0 0 / .55), 0 1px 5px rgb(0 0 0 / .4);
}
.stage .tag {
  position: absolute; bottom: 6px; padding: 1px 7px; border-radius: 4px; font-size: .75rem;
  background: #14181d; color: #fff; pointer-events: none;
}
.stage .tag:nth-of-type(1) { left: 6px; }
.stage .tag:nth-of-type(2) { right: 6px; }
.stage input {
  -webkit-appearance: none; appearance: none; position: absolute; inset: 0; width: 100%; height: 100%;
  margin: 0; opacity: 0; cursor: ew-resize; touch-action: pan-y;
}
.stage input::-webkit-slider-thumb { -webkit-appearance: none; width: 2px; height: 100vh; }
.stage input::-moz-range-thumb { width: 2px; height: 100vh; border: 0; }
.choice { display: flex; justify-content: space-between; gap: 8px; margin: 6px 0; font-size: .8125rem; color: var(--faint); }
.choice label { min-width: 0; }
.choice select { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--faint); border-radius: 5px; padding: 2px 4px; max-width: 100%; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll + .scroll, .map + .scroll { margin-top: 24px; }
.scroll:focus-visible, pre:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .9375rem; background: var(--card); }
caption { text-align: left; font-size: .875rem; color: var(--faint); padding: 0 0 6px; }
th, td { padding: 7px 12px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; }
td { min-width: 7ch; }
.settings td { min-width: 150px; }
tbody th { font-weight: 400; color: var(--faint); }
td strong { font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
.differs { font-size: .75rem; border: 1px solid var(--faint); border-radius: 4px; padding: 0 5px; margin-left: 4px; white-space: nowrap; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 16px; }
.blocks > div + div { margin-top: 28px; }
.blocks.beside > div { margin-top: 12px; }
.blocks.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 0 20px; }
.beside > div { display: flex; flex-direction: column; }
.beside .maps { margin-top: auto; grid-template-columns: 1fr; }
.split { margin-top: 20px; }
.heat { width: 100%; }
.heat caption { font-weight: 600; color: var(--text); }
.heat td, .heat th { overflow-wrap: normal; }
.heat td { white-space: nowrap; text-align: center; border: 2px solid var(--card); border-radius: 6px; color: var(--on-heat); }
.heat th { border: 0; }
.heat thead th { white-space: nowrap; text-align: center; font-weight: 400; color: var(--faint); font-size: .875rem; }
.heat tfoot th, .heat .mean { font-weight: 600; color: var(--text); }
.heat .unknown, .heat .even { color: var(--text); }
.level0 { background: var(--level0); } .level1 { background: var(--level1); } .level2 { background: var(--level2); }
.level3 { background: var(--level3); } .level4 { background: var(--level4); }
.gain1 { background: var(--gain1); } .gain2 { background: var(--gain2); } .gain3 { background: var(--gain3); }
.heat .loss1, .heat .loss2, .heat .loss3 { color: var(--on-loss); }
.loss1 { background: var(--loss1); } .loss2 { background: var(--loss2); } .loss3 { background: var(--loss3); }
details { margin: 8px 0; }
summary { cursor: pointer; color: var(--accent); font-size: .9375rem; padding: 2px 0; }
details table { margin-top: 8px; }
pre {
  overflow: auto; max-height: 420px; padding: 14px; border: 1px solid var(--rule); border-radius: 8px;
  background: var(--card); font-size: .8125rem; line-height: 1.5;
}
code { font-size: .875em; }
footer { color: var(--faint); font-size: .875rem; padding-top: 30px; padding-bottom: 44px; }
@media (max-width: 1000px) {
  .cards { grid-template-columns: repeat(auto-fill, minmax(min(100%, 230px), 1fr)); }
  .panels { grid-template-columns: repeat(var(--middle), 1fr); }
}
@media (max-width: 600px) {
  .panels { grid-template-columns: 1fr 1fr; gap: 10px; }
  header, main, footer { padding-left: 14px; padding-right: 14px; }
  .wide { display: none; }
  .narrow { display: block; }
  h1 { font-size: 1.45rem; }
  th, td { padding: 6px 8px; }
  .run, .task, .crop, .map { padding: 12px; }
  .facts { grid-template-columns: 1fr 1fr; }
}
@media print { nav, .stage, .choice { display: none; } }
`;
