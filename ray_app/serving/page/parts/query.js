// What a search asks for: out of the address bar, and into the API's words.

import { day, languageName } from "../core/format.js";
import { named, t } from "../core/i18n.js";

/** The fields that people filter by, in the order of the panel. */
export const FIELDS = ["label", "source", "risk", "entity", "media_type", "language", "folder"];
const SHOWN_FACETS = ["label", "source", "risk", "entity", "media_type", "language", "date"];

/** The state of the search view out of the query string. */
export function asked(query) {
  const filters = Object.fromEntries(FIELDS.map((field) => [field, query.getAll(field)]).filter(([, values]) => values.length));
  return { q: query.get("q") ?? "", sort: query.get("sort") ?? "relevance", from: query.get("from") ?? "", to: query.get("to") ?? "", filters };
}

/** The body of POST /v1/search. Without a query the newest documents are listed. */
export function body(state, limit) {
  const date = { ...(state.from && { gte: state.from }), ...(state.to && { lte: state.to }) };
  const filters = { ...state.filters, ...(Object.keys(date).length && { date }) };
  const sort = !state.q.trim() && state.sort === "relevance" ? "newest" : state.sort;
  return { query: state.q, sort, limit, filters, facets: SHOWN_FACETS };
}

/** Each value that is filtered by: `{field, value, shown}`. */
export function chosen(state) {
  const values = Object.entries(state.filters).flatMap(([field, all]) => all.map((value) => ({ field, value, shown: `${t(`field.${field}`)}: ${shownValue(field, value)}` })));
  if (state.from || state.to) values.push({ field: "date", value: "", shown: wholeYear(state) || `${day(state.from) || "…"} – ${day(state.to) || "…"}` });
  return values;
}

/** The state without one of these. */
export function without(state, { field, value }) {
  if (field === "date") return { ...state, from: "", to: "" };
  return { ...state, filters: { ...state.filters, [field]: state.filters[field].filter((one) => one !== value) } };
}

/** A value of a field as people read it. */
export function shownValue(field, value) {
  if (field === "language") return languageName(value);
  if (field === "media_type") return named("type", value);
  if (field === "risk") return named("risk", value);
  if (field === "entity") return named("kind", value);
  return value;
}

/** The year that a range is, "" where it is none. */
export function wholeYear({ from, to }) {
  const year = from.slice(0, 4);
  return from === `${year}-01-01` && to === `${year}-12-31` ? year : "";
}
