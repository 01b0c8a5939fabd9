// One hit: what it is, the passage with its words marked, and where it stands.

import { day, fileName, percent } from "../core/format.js";
import { h, marked } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { address } from "../core/router.js";
import { shownValue } from "./query.js";

/** A list item for a hit of POST /v1/search. */
export function hitCard(hit, state) {
  const label = hit.labels[0];
  return h(
    "li",
    { class: "hit", "data-id": hit.document_id, "data-passage": `${hit.page}:${hit.start}:${hit.highlights.length}` },
    h("h2", {}, h("a", { href: leadsTo(hit, state) }, hit.title || fileName(hit.uri))),
    h("p", { class: "passage" }, excerpt(hit)),
    h(
      "div",
      { class: "facts-line" },
      label ? labelBadge(label) : null,
      hit.page ? h("span", {}, t("page", { n: hit.page })) : null,
      h("span", {}, shownValue("media_type", hit.media_type)),
      h("span", {}, hit.source),
      h("span", { class: "break" }, fileName(hit.uri)),
      hit.date ? h("time", { datetime: hit.date }, day(hit.date)) : null,
      hit.places.length > 1 ? h("span", { title: hit.places.join("\n") }, t("places", { n: hit.places.length - 1 })) : null,
    ),
  );
}

// Long passages begin near their first marked word, so that it is within the lines shown.
const BEFORE = 60;
const LATE = 180;

function excerpt({ passage, highlights }) {
  const first = highlights[0]?.[0] ?? 0;
  if (first < LATE) return marked(passage, highlights);
  const from = first - BEFORE + Array.from(passage).slice(first - BEFORE, first).indexOf(" ") + 1;
  const shown = Array.from(passage).slice(from).join("");
  return ["… ", ...marked(shown, highlights.map(([start, end]) => [start - from, end - from]))];
}

/** A label with how sure it is. */
export function labelBadge({ label, probability, method, sure }) {
  const stated = method === "stated";
  const shown = stated ? label : `${label} ${percent(probability)}`;
  return h("span", { class: ["badge", stated ? "good" : sure ? "accent" : "warn"], title: stated ? t("label.stated") : sure ? t("label.sure") : t("label.unsure") }, sure || stated ? shown : `${shown} ?`);
}

/** The address of the document at this passage. */
export function leadsTo(hit, state) {
  return address(`/documents/${hit.document_id}`, { q: state.q, page: hit.page || "", start: hit.start, end: hit.end });
}
