// Two versions side by side.

import { h } from "../core/dom.js";
import { count, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { reliabilityPlot } from "./plots.js";
import { scroller } from "./scroller.js";

const POINT = 0.005; // what rounds to no percent is no difference

/** A section that compares an older version with a newer one, by their manifests. */
export function comparison(before, after) {
  const names = [...new Set([...Object.keys(before.labels), ...Object.keys(after.labels)])].sort();
  const rows = [
    line(t("documents"), before.documents, after.documents, count),
    line(t("accuracy"), before.accuracy, after.accuracy, percent, 1),
    line(t("macro_f1"), before.macro_f1, after.macro_f1, percent, 1),
    line(t("error"), before.expected_calibration_error, after.expected_calibration_error, percent, -1),
    line(t("sure"), before.sure.share, after.sure.share, percent, 1),
    ...names.map((name) => line(t("compare.label", { label: name }), before.labels[name]?.f1, after.labels[name]?.f1, percent, 1)),
  ];
  const heads = [t("compare.what"), before.version, after.version, t("compare.difference")];
  return h(
    "div",
    { class: "stack" },
    h("p", { class: "small quiet" }, t("compare.how")),
    scroller(t("tab.compare"), h("table", {}, h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: at && "number" }, head)))), h("tbody", {}, rows))),
    h("div", { class: "plots" }, [before, after].map((one) => h("section", { class: "stack tight" }, h("h3", { class: "break" }, one.version), reliabilityPlot(one)))),
  );
}

/** `good` is 1 where more is better, -1 where less is, 0 where neither. */
function line(name, before, after, shown, good = 0) {
  const both = before !== undefined && after !== undefined;
  return h("tr", {}, h("th", { scope: "row", class: "break" }, name), [before, after].map((value) => h("td", { class: "number" }, value === undefined ? "–" : shown(value))), h("td", { class: "number" }, both ? difference(after - before, good) : "–"));
}

function difference(by, good) {
  if (!good) return `${by > 0 ? "+" : by < 0 ? "−" : "±"}${count(Math.abs(by))}`;
  const points = count(Math.abs(by) * 100, 0);
  if (Math.abs(by) < POINT) return t("compare.same");
  const better = by * good > 0;
  return h("span", { class: ["badge", better ? "good" : "bad"] }, `${by > 0 ? "+" : "−"}${points}`, h("span", { class: "visually-hidden" }, ` ${t(better ? "compare.better" : "compare.worse")}`));
}
