// From a day to a day, or one of the ranges that people mean.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

const RANGES = [["month", 31], ["year", 365], ["three", 3 * 365]];

/** `change(from, to)` is called with two days, either of which may be "". */
export function dateRange(state, change) {
  const from = h("input", { type: "date", value: state.from, onchange: () => change(from.value, to.value) });
  const to = h("input", { type: "date", value: state.to, onchange: () => change(from.value, to.value) });
  const ranges = RANGES.map(([name, days]) => {
    const day = before(days);
    const pressed = state.from === day && !state.to;
    return h("button", { type: "button", class: "chip", "aria-pressed": String(pressed), onclick: () => change(pressed ? "" : day, "") }, t(`date.${name}`));
  });
  return h(
    "section",
    { class: "stack tight" },
    h("h2", { id: "facet-date" }, t("field.date")),
    h("div", { class: "row", role: "group", "aria-labelledby": "facet-date" }, ranges),
    h("label", {}, h("span", {}, t("date.from")), from),
    h("label", {}, h("span", {}, t("date.to")), to),
  );
}

function before(days) {
  return new Date(Date.now() - days * 86400000).toISOString().slice(0, 10);
}
