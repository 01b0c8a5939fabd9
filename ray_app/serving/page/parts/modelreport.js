// What a version of the classifier says of itself: figures, labels, candidates, and the report that lies beside it.

import { h } from "../core/dom.js";
import { count, languageName, moment, percent } from "../core/format.js";
import { locale, t } from "../core/i18n.js";
import { confusionTable, curvePlot, reliabilityPlot } from "./plots.js";
import { scroller } from "./scroller.js";

/** The tabs of a report, in their order. */
export const TABS = { overview, labels, candidates, report };

function overview(one) {
  const { share, precision, wanted_precision: wanted } = one.sure;
  return [
    h("dl", { class: "figures" }, figure("accuracy", percent(one.accuracy)), figure("macro_f1", percent(one.macro_f1)), figure("error", percent(one.expected_calibration_error)), figure("sure", percent(share))),
    h("p", { class: "small quiet" }, t(share ? "sure.how" : "sure.none", { share: percent(share), right: percent(precision), wanted: percent(wanted) })),
    h("div", { class: "plots" }, reliabilityPlot(one), curvePlot(one)),
    h("dl", { class: "facts" }, madeOf(one).map(([name, value]) => [h("dt", {}, t(`made.${name}`)), h("dd", {}, value)])),
  ];
}

function figure(name, value) {
  return h("div", { title: t(`${name}.how`) }, h("dt", {}, t(name)), h("dd", {}, value));
}

function madeOf(one) {
  const languages = Object.entries(one.languages).map(([code, n]) => `${code ? languageName(code) : t("made.unknown")} ${count(n)}`);
  const facts = { created: moment(one.created), documents: t("made.of", { n: one.documents, distinct: one.distinct }), kind: t(`kind-of.${one.kind}`), features: t(`features.${one.features}`), folds: count(one.folds), languages: languages.join(", "), licence: one.licence };
  return Object.entries(facts).filter(([, value]) => value);
}

function labels(one) {
  const rows = Object.entries(one.labels).map(([label, score]) =>
    h("tr", {}, h("th", { scope: "row", class: "break" }, label), number(count(score.documents)), number(percent(score.precision)), number(percent(score.recall)), h("td", {}, h("div", { class: "row f1" }, meter(score.f1), h("span", { class: "number" }, percent(score.f1)))), number(score.threshold < 1 ? percent(score.threshold) : t("never"))),
  );
  const heads = ["label", "documents", "precision", "recall", "f1", "from"];
  return [
    h("p", { class: "small quiet" }, t("scores.how")),
    scroller(t("tab.labels"), h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col", class: ["documents", "precision", "recall", "from"].includes(head) && "number", title: head === "label" ? null : t(`head.${head}.how`) }, t(`head.${head}`))))), h("tbody", {}, rows))),
    confusionTable(one),
  ];
}

function loss(value) {
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value);
}

function number(value) {
  return h("td", { class: "number" }, value);
}

function meter(share) {
  const inner = h("i");
  inner.style.setProperty("inline-size", `${100 * share}%`);
  return h("span", { class: "meter", "aria-hidden": "true" }, inner);
}

function candidates(one) {
  return [h("p", { class: "small quiet" }, t("candidates.how")), one.decisions.map(decision)];
}

function decision({ fork, chosen, candidates: all }) {
  const rows = all.map((each) => h("tr", { class: each.name === chosen && "strong" }, h("th", { scope: "row" }, each.name, " ", each.name === chosen ? h("span", { class: "badge good" }, t("candidates.chosen")) : null), number(loss(each.log_loss)), number(percent(each.macro_f1)), number(each.fold_macro_f1.map((f1) => percent(f1)).join("  "))));
  const heads = ["candidate", "log_loss", "f1", "folds"];
  return h(
    "section",
    { class: "stack tight" },
    fork.path ? h("h3", { class: "break" }, fork.path) : null,
    scroller(fork.path || t("tab.candidates"), h("table", {}, h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: at && "number" }, t(`head.${head}`))))), h("tbody", {}, rows))),
  );
}

// The sandbox lets it do nothing: it has no script, and may not get one.
function report(one) {
  const address = `/v1/models/${encodeURIComponent(one.version)}/report`;
  return [h("p", { class: "small quiet" }, t("report.how"), " ", h("a", { href: address, target: "_blank", rel: "noopener" }, t("report.alone"))), h("iframe", { class: "report", src: address, sandbox: true, title: t("report.title", { version: one.version }), referrerpolicy: "no-referrer" })];
}
