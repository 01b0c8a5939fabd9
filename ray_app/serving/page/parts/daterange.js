// From a day to a day, or a whole year of those that there are.

import { h } from "../core/dom.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { wholeYear } from "./query.js";

const SHOWN = 6;

/** `years` are `{value, count}`; `change(from, to)` is called with two days, either of which may be "". */
export function dateRange(years, state, change) {
  const from = h("input", { type: "date", value: state.from, onchange: () => change(from.value, to.value) });
  const to = h("input", { type: "date", value: state.to, onchange: () => change(from.value, to.value) });
  const chips = years.slice(0, SHOWN).map(({ value, count: n }) => {
    const pressed = wholeYear(state) === value;
    const turn = () => (pressed ? change("", "") : change(`${value}-01-01`, `${value}-12-31`));
    return h("button", { type: "button", class: "chip", "aria-pressed": String(pressed), onclick: turn }, h("span", { class: "name" }, value), h("span", { class: "n" }, count(n)));
  });
  return h(
    "section",
    { class: "stack tight" },
    h("h2", { id: "facet-date" }, t("field.date")),
    h("div", { class: "row", role: "group", "aria-labelledby": "facet-date" }, chips),
    h("label", {}, h("span", {}, t("date.from")), from),
    h("label", {}, h("span", {}, t("date.to")), to),
  );
}
