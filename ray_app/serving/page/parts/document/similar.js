// Documents that say nearly the same, and documents about the same.

import { send } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { day, fileName, percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { part } from "./about.js";
import { labelBadge } from "../hit.js";
import { shownValue } from "../query.js";

const SHOWN = 8;

/** Fills the section. */
export async function similarSection({ panel, about, signal }) {
  const near = about.near_duplicates;
  const same = near.length ? part("near", h("ul", { class: "stack tight" }, near.map(nearLine))) : null;
  if (!about.has_text) return replace(panel, same, h("p", { class: "quiet" }, t("similar.no-text")));
  const { hits } = await send("POST", "/v1/search", { like: { document_id: about.id }, limit: SHOWN, facets: [] }, { signal });
  const known = new Set(near.map(({ id }) => id));
  const others = hits.filter((one) => !known.has(one.document_id));
  replace(panel, same, part("alike", others.length ? h("ul", { class: "stack tight" }, others.map(line)) : h("p", { class: "quiet" }, t("similar.none"))));
  return undefined;
}

function nearLine({ id, uri, similarity }) {
  return h("li", { class: "hit" }, h("a", { class: "break", href: `/documents/${id}` }, h("bdi", {}, fileName(uri))), h("div", { class: "facts-line" }, h("span", {}, t("similar.wording", { share: percent(similarity) })), h("bdi", { class: "break" }, uri)));
}

function line(hit) {
  return h(
    "li",
    { class: "hit" },
    h("a", { class: "break", href: `/documents/${hit.document_id}`, dir: "auto" }, hit.title || fileName(hit.uri)),
    h("div", { class: "facts-line" }, hit.labels[0] ? labelBadge(hit.labels[0]) : null, h("span", {}, shownValue("media_type", hit.media_type)), h("bdi", { class: "break" }, fileName(hit.uri)), hit.date ? h("time", { datetime: hit.date }, day(hit.date)) : null),
  );
}
