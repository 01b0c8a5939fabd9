// Drawings of what a classifier is worth: probabilities against the truth, what more documents bring, what is confused.

import { h, svg } from "../core/dom.js";
import { count, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { scroller } from "./scroller.js";

const SIDE = 220;
const LEFT = 44;
const BOTTOM = 40;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const LARGEST = 30;
const LISTED = 20;

/** Of each bin of `manifest.reliability` the probability told against the share that was right. */
export function reliabilityPlot({ reliability }) {
  const most = Math.max(...reliability.map((one) => one.answers));
  const dots = reliability.map((one) => ({ x: one.confidence, y: one.accuracy, r: 3 + 5 * Math.sqrt(one.answers / most), note: t("plot.bin", { n: one.answers, told: percent(one.confidence), right: percent(one.accuracy) }) }));
  return plot({ title: t("plot.reliability"), how: t("plot.reliability.how"), across: t("plot.told"), up: t("plot.right"), dots, ideal: true });
}

/** Macro-F1 by documents learnt from; null where the version does not tell. */
export function curvePlot({ learning_curve: points }) {
  if (!points.length) return null;
  const most = Math.max(...points.map((one) => one.documents));
  const dots = points.map((one) => ({ x: one.documents / most, y: one.macro_f1, r: 5, note: t("plot.point", { n: one.documents, f1: percent(one.macro_f1) }) }));
  return plot({ title: t("plot.curve"), how: t("plot.curve.how"), across: t("plot.documents"), up: t("macro_f1"), dots, scale: (share) => count(Math.round(share * most)) });
}

/** Rows: the label given; columns: the label told. A list where there are many labels, null where there is nothing. */
export function confusionTable({ confusions, labels }) {
  const names = Object.keys(labels);
  if (!confusions.length) return null;
  return h("section", { class: "stack tight" }, h("h3", {}, t("confusions")), names.length <= LARGEST ? matrix(confusions, names) : pairs(confusions));
}

function plot({ title, how, across, up, dots, ideal = false, scale = (share) => percent(share === 1 ? 1 : share) }) {
  const line = dots.map(({ x, y }) => `${x * SIDE},${(1 - y) * SIDE}`).join(" ");
  return h(
    "figure",
    { class: "plot stack tight" },
    h("figcaption", { class: "strong" }, title),
    svg(
      "svg",
      { viewBox: `0 0 ${LEFT + SIDE + 14} ${SIDE + BOTTOM + 10}`, role: "img", "aria-label": `${title}: ${dots.map(({ note }) => note).join("; ")}` },
      svg(
        "g",
        { transform: `translate(${LEFT} 8)` },
        TICKS.map((tick) => [svg("line", { class: "rule", x1: 0, x2: SIDE, y1: (1 - tick) * SIDE, y2: (1 - tick) * SIDE }), svg("text", { class: "end", x: -6, y: (1 - tick) * SIDE + 4 }, percent(tick))]),
        [0, 0.5, 1].map((tick) => svg("text", { class: tick === 1 ? "end" : tick ? "middle" : "", x: tick * SIDE, y: SIDE + 15 }, scale(tick))),
        ideal ? svg("line", { class: "ideal", x1: 0, y1: SIDE, x2: SIDE, y2: 0 }) : null,
        svg("polyline", { class: "line", points: line }),
        dots.map(({ x, y, r, note }) => svg("circle", { cx: x * SIDE, cy: (1 - y) * SIDE, r }, svg("title", {}, note))),
        svg("text", { class: "middle", x: SIDE / 2, y: SIDE + 32 }, `${across} →`),
      ),
    ),
    h("p", { class: "small quiet" }, `↑ ${up}. ${how}`),
  );
}

function matrix(confusions, names) {
  const cells = new Map(confusions.map((one) => [`${one.given}\n${one.told}`, one.documents]));
  const most = Math.max(...cells.values());
  return [
    h("p", { class: "small quiet" }, t("confusions.how")),
    scroller(
      t("confusions"),
      h(
        "table",
        { class: "matrix" },
        h("thead", {}, h("tr", {}, h("td", {}), names.map((told) => h("th", { scope: "col" }, h("span", {}, told))))),
        h("tbody", {}, names.map((given) => h("tr", {}, h("th", { scope: "row" }, given), names.map((told) => cell(cells.get(`${given}\n${told}`) ?? 0, most, given === told))))),
      ),
    ),
  ];
}

function cell(n, most, right) {
  const element = h("td", { class: ["number", n && (right ? "hit-cell" : "miss-cell")] }, n ? count(n) : h("span", { class: "visually-hidden" }, "0"));
  element.style.setProperty("--share", `${Math.round((40 * n) / most)}%`);
  return element;
}

function pairs(confusions) {
  const wrong = confusions.filter((one) => one.given !== one.told).sort((a, b) => b.documents - a.documents);
  const rows = wrong.slice(0, LISTED).map((one) => h("tr", {}, h("td", {}, one.given), h("td", {}, one.told), h("td", { class: "number" }, count(one.documents))));
  const heads = ["confusions.given", "confusions.told", "documents"];
  return scroller(t("confusions"), h("table", {}, h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: at === 2 && "number" }, t(head))))), h("tbody", {}, rows)));
}
