// Whose data a document holds, and what makes that a risk.

import { get } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { count } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { part } from "./about.js";
import { riskBadge, times } from "./head.js";

const SHOWN = 12;

/** Fills the section. `to(mention)` gives the state at a mention's place, `link(state, attributes, ...children)` a link
 * to it; `redact()` shows the document without personal data. */
export async function personalSection({ panel, about, link, redact, signal }) {
  const found = await get(`/v1/documents/${about.id}/entities`, {}, { signal });
  const looked = found.risk !== null;
  replace(
    panel,
    h("section", { class: "stack tight" }, h("h2", {}, t("part.risk")), h("p", {}, looked ? riskBadge(found.risk) : t("risk.nobody-looked")), reasons(found.reasons)),
    looked ? h("div", {}, h("button", { type: "button", onclick: redact, "aria-keyshortcuts": "r" }, t("redact.show"))) : null,
    found.words.length ? part("high-risk-words", h("ul", { class: "row" }, byTerm(found.words).map((all) => h("li", {}, toPlace(all, `${named("category", all[0].category)}: ${all[0].term}`, link))))) : null,
    mentions(found, link),
  );
}

function reasons(all) {
  if (!all.length) return null;
  return h("ul", { class: "stack tight bullets" }, all.map(({ text, evidence }) => h("li", {}, text, evidence.length ? h("span", { class: "quiet small" }, ` (${evidence.map(({ what, count: n }) => `${shownEvidence(what)} ${count(n)}`).join(", ")})`) : null)));
}

function shownEvidence(what) {
  const [area, value] = what.split(/:(.*)/s);
  if (area === "words") return named("category", value);
  if (area === "label") return value;
  return named("kind", what);
}

function mentions({ mentions: all, found }, link) {
  if (!all.length) return h("p", { class: "quiet" }, t("mentions.none"));
  const kinds = [...Map.groupBy(all, ({ kind }) => kind)];
  const hidden = found - all.length;
  return h(
    "section",
    { class: "stack" },
    h("h2", {}, t("part.mentions")),
    h("p", { class: "quiet small" }, t("mentions.how"), hidden > 0 ? ` ${t("mentions.more", { n: hidden })}` : null),
    kinds.map(([kind, some]) => ofKind(kind, some, link)),
  );
}

function ofKind(kind, all, link) {
  const values = [...Map.groupBy(all, ({ value }) => value).values()];
  const list = h("ul", { class: "row" });
  const draw = (shown) => {
    const rest = values.length - shown.length;
    replace(list, shown.map((some) => h("li", {}, toPlace(some, some[0].value, link))), rest > 0 ? h("li", {}, h("button", { type: "button", class: "link small", onclick: () => draw(values) }, t("mentions.rest", { n: rest }))) : null);
  };
  draw(values.length > SHOWN + 1 ? values.slice(0, SHOWN) : values);
  return h("div", { class: "stack tight" }, h("h3", { class: "small" }, named("kind", kind), h("span", { class: "quiet" }, ` ${count(values.length)}`)), list);
}

function byTerm(words) {
  return [...Map.groupBy(words, ({ category, term }) => `${category}:${term}`).values()];
}

// To the first place where it stands.
function toPlace(all, shown, link) {
  const [{ page, start, end }] = all;
  return link({ page, start, end, cite: true }, { class: "button chip", title: t("page", { n: page }) }, h("bdi", { class: "name" }, shown), all.length > 1 ? h("span", { class: "n" }, times(all.length)) : null);
}
