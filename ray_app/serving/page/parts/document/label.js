// What a document is taken for, by whom, and which of its words moved the classifier.

import { get } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { sentence } from "../../core/notices.js";
import { may } from "../../core/who.js";
import { labelBadge } from "../hit.js";
import { part } from "./about.js";
import { weights } from "./weights.js";

/** Fills the section. */
export async function labelSection({ panel, about, signal }) {
  const { labels } = await get(`/v1/documents/${about.id}/labels`, {}, { signal });
  const why = h("div", { class: "stack" }, h("p", { class: "quiet", role: "status" }, t("label.judging")));
  replace(panel, part("label", chosen(labels), may("editor") ? null : h("p", { class: "quiet small" }, t("label.reader"))), why);
  if (!about.has_text) return replace(why, h("p", { class: "quiet" }, t("label.no-text")));
  try {
    const { judged } = await get(`/v1/documents/${about.id}/labels`, { explain: true }, { signal });
    replace(why, judged ? judgement(judged) : h("p", { class: "quiet" }, t("label.unjudged")));
  } catch (error) {
    if (error.name !== "AbortError") replace(why, h("p", { class: "note warn", role: "alert" }, sentence(error)));
  }
  return undefined;
}

function chosen(labels) {
  if (!labels.length) return h("p", { class: "quiet" }, t("label.none"));
  const stated = labels.filter((one) => one.method === "stated");
  const shown = stated.length ? stated : labels.slice(0, 1);
  const how = t(stated.length ? "label.by-person" : shown[0].method === "zero-shot" ? "label.by-meaning" : "label.by-classifier", { version: shown[0].method });
  return h("div", { class: "stack tight" }, h("p", { class: "row" }, shown.map(labelBadge)), h("p", { class: "quiet small" }, how));
}

function judgement(judged) {
  const all = [judged, ...judged.alternatives];
  return [
    judged.path.length > 1 ? part("path", h("ol", { class: "row path" }, judged.path.map((one) => h("li", {}, `${one.label.split("/").at(-1)} `, h("span", { class: "quiet small" }, percent(one.probability)))))) : null,
    part("alternatives", h("ul", { class: "stack tight" }, all.map(probability))),
    judged.terms.length ? weights(judged) : null,
  ];
}

function probability({ label, probability: share }) {
  const bar = h("i", {});
  bar.style.setProperty("inline-size", `${share * 100}%`);
  return h("li", { class: "probability" }, h("span", { class: "break" }, label), h("span", { class: "meter", "aria-hidden": "true" }, bar), h("span", { class: "number" }, share < 0.005 ? t("under", { percent: percent(0.01) }) : percent(share)));
}
