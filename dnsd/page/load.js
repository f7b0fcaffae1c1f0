// Queries a second, and what was answered.
import {count, el, keyed, row, setAttribute, setText, table} from "./live.js";
import {$, now} from "./state.js";

export const MOST_SAMPLES = 120;
const PRESENT = 3;  // seconds: the figures are means of so many, so that they can be read

const SVG = "http://www.w3.org/2000/svg";
function svg(tag, attributes) {
  const out = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) out.setAttribute(name, value);
  return out;
}

function makeLoad() {
  const picture = svg("svg", {
    class: "spark",
    viewBox: "0 0 119 40",
    preserveAspectRatio: "none",
    role: "img",
    "aria-labelledby": "load-words"
  });
  picture.append(svg("path", {class: "area"}), svg("path", {}));
  const rcodes = table("Responses now, by code", ["Code", "A second", "Share"]);
  $("load").append(
      picture,
      el("div", {class: "spark-scale"}, el("span", {}, "2 minutes ago"), el("span", {id: "load-words"}),
         el("span", {}, "now")),
      rcodes, el("p", {class: "soft", id: "dropped"}));
  return rcodes;
}

let rcodes = null;
export function drawLoad() {
  rcodes ??= makeLoad();
  const late = now.load.slice(-PRESENT);
  const present = (what) => late.reduce((sum, sample) => sum + what(sample), 0) / Math.max(late.length, 1);
  const most = Math.max(1, ...now.load.map((sample) => sample.queries));
  const points = now.load.map((sample, n) => [MOST_SAMPLES - now.load.length + n, 39 - 38 * sample.queries / most]);
  const line = points.map(([x, y], n) => `${n === 0 ? "M" : "L"}${x} ${y.toFixed(2)}`).join("");
  const [area, path] = $("load").firstElementChild.children;
  setAttribute(path, "d", line);
  setAttribute(area, "d", points.length > 0 ? `${line}L${points.at(-1)[0]} 40L${points[0][0]} 40Z` : "");
  setText($("rate"), `${count(present((sample) => sample.queries))} a second`);
  setText($("load-words"), `at most ${count(most)} a second`);
  const rates = new Map();
  for (const name of new Set(late.flatMap((sample) => Object.keys(sample.rcodes))))
    rates.set(name, present((sample) => sample.rcodes[name] ?? 0));
  const shown = [...rates].sort((a, b) => b[1] - a[1]);
  const all = shown.reduce((sum, [, rate]) => sum + rate, 0);
  rcodes.hidden = shown.length === 0;
  keyed(
      rcodes.body, shown, ([name]) => name,
      () => {
        const out = row(rcodes);
        out.children[2].append(
            el("span", {}, el("span", {class: "share", "aria-hidden": "true"}, el("i")), " ", el("span")));
        return out;
      },
      (node, [name, rate]) => {
        setText(node.children[0], name);
        setText(node.children[1], count(rate));
        const [share, figure] = node.children[2].firstElementChild.children;
        share.firstElementChild.style.transform = `scaleX(${all > 0 ? rate / all : 0})`;
        setText(figure, `${(all > 0 ? 100 * rate / all : 0).toFixed(0)} %`);
      });
  const dropped = present((sample) => sample.dropped);
  setText($("dropped"), dropped > 0 ? `${count(dropped)} a second dropped without an answer` : "");
}
