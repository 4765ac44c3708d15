"""How a report looks, and what its slider does: the style sheet and the script."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1c1b22; --faint: #65636f;
  --rule: #e2dfd8; --accent: #6a4fc4; --other: #c9671f; --heat: 106 79 196;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121117; --card: #1b1a22; --ink: #eceaf2; --faint: #a09dae;
    --rule: #33313d; --accent: #a894f5; --other: #f0a05a; --heat: 140 112 240;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 44px; }
h1 { font-size: 2.2rem; line-height: 1.15; margin: 0 0 .4rem; letter-spacing: -.02em; }
h2 { font-size: 1.4rem; margin: 3rem 0 .5rem; letter-spacing: -.01em; }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { max-width: 46rem; margin: .4rem 0 1rem; }
.faint, figcaption, footer { color: var(--faint); }
figcaption { font-size: .875rem; margin-top: .45rem; max-width: 46rem; }
code { font: .875em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: 1.2rem 0; }
nav a { color: var(--accent); text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { scroll-margin-top: 1rem; }
figure { margin: 1rem 0; }
figure > img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
.wide { overflow-x: auto; }
.wide img { max-width: none; width: max(100%, 900px); }
.wide figcaption { position: sticky; left: 0; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 1.4rem 0; padding: 0; }
.figures div {
  background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
  padding: .7rem 1rem; flex: 1 1 150px; display: flex; flex-direction: column;
}
.figures dt { color: var(--faint); font-size: .8125rem; }
.figures dd { margin: auto 0 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.charts { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.chart { width: 100%; height: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 8px; }
.chart text { font-size: 12px; fill: var(--faint); font-variant-numeric: tabular-nums; }
.chart .name { fill: var(--ink); }
.chart .grid { stroke: var(--rule); }
.chart polyline { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
.chart line.line-1, .chart line.line-2 { stroke-width: 3; }
.chart .line-1 { stroke: var(--accent); }
.chart .line-2 { stroke: var(--other); }
.chart circle.line-1 { fill: var(--accent); }
.chart circle.line-2 { fill: var(--other); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .32rem .8rem .32rem 0; vertical-align: top; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
th { font-weight: 600; }
.number { text-align: right; }
.heat { border-collapse: separate; border-spacing: 2px; font-size: .8125rem; }
.heat th, .heat td { padding: .3rem .45rem; border: 0 !important; }
.heat thead th { font-weight: 500; vertical-align: bottom; min-width: 4.2rem; text-align: center; line-height: 1.2; }
.heat td { text-align: center; border-radius: 4px; background: rgb(var(--heat) / var(--share)); }
.heat td.strong { color: #fff; }
.heat td.best { font-weight: 700; outline: 2px solid var(--ink); outline-offset: -2px; }
.bars { width: 100%; max-width: 52rem; }
.bars td:nth-child(2) { width: 60%; }
.bar { height: 1em; margin-top: .25em; border-radius: 3px; background: var(--accent); }
.changed { font-weight: 600; }
.timeline { display: flex; align-items: center; gap: 14px; flex-wrap: wrap; position: sticky; top: 0; padding: .6rem 0; background: var(--paper); }
.timeline input { flex: 1 1 240px; min-width: 0; accent-color: var(--accent); }
.timeline output { min-width: 7.5rem; font-variant-numeric: tabular-nums; }
button {
  font: inherit; color: var(--ink); background: var(--card); cursor: pointer;
  border: 1px solid var(--rule); border-radius: 6px; padding: .25rem .9rem; min-width: 5rem;
}
.moment { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.moment[hidden] { display: none; }
.moment figure { margin: 0; }
.moment img { width: 100%; }
details summary { cursor: pointer; color: var(--accent); margin: .6rem 0; }
footer { padding: 3rem 20px; font-size: .875rem; }
"""  # noqa: E501

SCRIPT = """
const slider = document.getElementById("moment");
if (slider) {
  const moments = [...document.querySelectorAll(".moment")];
  const told = document.getElementById("moment-step");
  const button = document.getElementById("play");
  const show = () => {
    moments.forEach((moment, place) => { moment.hidden = place !== +slider.value; });
    told.value = "step " + moments[slider.value].dataset.step;
  };
  let clock = null;
  const stop = () => {
    clearInterval(clock);
    clock = null;
    button.textContent = "Play";
  };
  const next = () => {
    slider.value = +slider.value + 1;
    show();
    if (+slider.value === moments.length - 1) stop();
  };
  slider.addEventListener("input", () => { stop(); show(); });
  button.addEventListener("click", () => {
    if (clock) return stop();
    if (+slider.value === moments.length - 1) { slider.value = 0; show(); }
    button.textContent = "Pause";
    clock = setInterval(next, 500);
  });
  show();
}
"""
