// Values with how many there are of each, as bars.

import { h } from "../core/dom.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";

const SHOWN = 8;

/** `rows` are `{name, n, href}`, the largest first; the name leads somewhere where there is a `href`. */
export function bars(heading, rows) {
  if (!rows.length) return null;
  const most = Math.max(...rows.map(({ n }) => n), 1);
  const items = rows.map((one) => row(one, most));
  const rest = items.slice(SHOWN);
  const more = rest.length ? h("details", {}, h("summary", {}, t("bars.more", { n: rest.length })), h("ul", { class: "bars" }, rest)) : null;
  return h("section", { class: "card stack tight" }, h("h3", {}, heading), h("ul", { class: "bars" }, items.slice(0, SHOWN)), more);
}

/** The same for `{value: count}`. */
export function rowsOf(counts, nameOf = (value) => value, leadsTo = () => null) {
  const sorted = Object.entries(counts).sort((one, other) => other[1] - one[1]);
  return sorted.map(([value, n]) => ({ name: nameOf(value), n, href: leadsTo(value) }));
}

function row({ name, n, href }, most) {
  const part = h("i", {});
  part.style.setProperty("width", `${(100 * n) / most}%`);
  return h("li", {}, href ? h("a", { class: "name", href, title: name }, name) : h("span", { class: "name", title: name }, name), h("span", { class: "n" }, count(n)), h("span", { class: "meter", "aria-hidden": "true" }, part));
}
