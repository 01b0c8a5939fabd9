// What there is to filter by, with counts: each value is a chip that is on or off.

import { h, replace } from "../core/dom.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { dateRange } from "./daterange.js";
import { FIELDS, shownValue } from "./query.js";

const SHOWN = 6;
const WIDE = matchMedia("(min-width: 50.01rem)");

/** `change(filters)` is called with the fields that are filtered by from now on, `dates(from, to)` with a range. */
export function facetPanel({ change, dates }) {
  const groups = h("div", { class: "stack" });
  const fold = h("details", { open: WIDE.matches }, h("summary", { class: "fold strong" }, t("filters")), groups);
  const opened = new Set();

  function show(facets, state) {
    const fields = FIELDS.filter((field) => facets[field]?.length || state.filters[field]);
    replace(groups, fields.map((field) => group(field, facets[field] ?? [], state)), dateRange(facets.date ?? [], state, dates));
  }

  function group(field, values, state) {
    const on = state.filters[field] ?? [];
    const missing = on.filter((value) => !values.some((one) => one.value === value)).map((value) => ({ value, count: null }));
    const all = [...missing, ...values];
    const rest = all.length - SHOWN;
    const shown = opened.has(field) || rest < 2 ? all : all.slice(0, SHOWN);
    const more = shown.length < all.length ? h("button", { type: "button", class: "link small", onclick: () => (opened.add(field), show_again()) }, t("facets.more", { n: rest })) : null;
    const element = h("section", {}, h("h2", { id: `facet-${field}` }, t(`field.${field}`)), h("div", { class: "row", role: "group", "aria-labelledby": `facet-${field}` }, shown.map((one) => chip(field, one, on, state)), more));
    const show_again = () => element.replaceWith(group(field, values, state));
    return element;
  }

  function chip(field, { value, count: n }, on, state) {
    const pressed = on.includes(value);
    const turn = () => change({ ...state.filters, [field]: pressed ? on.filter((one) => one !== value) : [...on, value] });
    return h("button", { type: "button", class: "chip", "aria-pressed": String(pressed), onclick: turn, title: shownValue(field, value) }, h("span", { class: "name" }, shownValue(field, value)), n === null ? null : h("span", { class: "n" }, count(n)));
  }

  return { element: h("aside", { class: "facets", "aria-label": t("filters") }, fold), show };
}
