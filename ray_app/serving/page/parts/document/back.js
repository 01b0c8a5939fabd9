// The way out of a document: to what it was opened from, else to the search for the same words.

import { h, replace } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { address, cameFrom, go } from "../../core/router.js";

const NAMES = [[/^\/(\?|$)/, "back.results"], [/^\/answer/, "back.answer"], [/^\/documents\//, "back.document"]];

/** `query()` gives the words of the search. `follow()` goes there. */
export function back(query) {
  const link = h("a", { class: "back", href: "/", "aria-keyshortcuts": "Escape", onclick: (event) => plain(event) && follow(event) });

  function show() {
    const from = cameFrom();
    const name = from ? NAMES.find(([path]) => path.test(from))?.[1] ?? "back" : query() ? "back.results" : "back.search";
    link.setAttribute("href", from ?? address("/", { q: query() }));
    replace(link, h("span", { "aria-hidden": "true" }, "← "), t(name));
  }

  // The history keeps how far what is behind was scrolled.
  function follow(event) {
    event?.preventDefault();
    if (cameFrom()) history.back();
    else go(link.getAttribute("href"));
  }

  show();
  return { element: h("p", {}, link), show, follow };
}

function plain(event) {
  return !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}
