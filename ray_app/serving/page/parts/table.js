// A table that scrolls by itself where it is wider than the page.

import { h } from "../core/dom.js";

/** `heads` are the columns' names, `rows` lists of cells; columns named in `numbers` (by position) are aligned as such.
 * The first cell of a row names it. */
export function table(caption, heads, rows, { numbers = [] } = {}) {
  const kind = (at) => (numbers.includes(at) ? "number" : null);
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: kind(at) }, head)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, at) => (at === 0 ? h("th", { scope: "row", class: "row-name" }, cell) : h("td", { class: kind(at) }, cell)))))),
    ),
  );
}
