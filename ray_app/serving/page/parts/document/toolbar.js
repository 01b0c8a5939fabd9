// Above the page: which page, which hit, how large.

import { h, replace } from "../../core/dom.js";
import { count, percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { ZOOMS, isCurrent } from "./state.js";

/** `pages` is 0 where there are no images. `to(change)` goes to another state, `hit(by)` to the next or former hit. */
export function toolbar({ pages, to, hit, zoom }) {
  const number = h("input", { type: "number", min: "1", max: String(pages), class: "number", "aria-label": t("page.number"), onchange: jump });
  const turns = group("page.turn", button("‹", "page.previous", () => to(-1)), h("span", { class: "row tight nowrap" }, number, h("span", { class: "quiet small" }, t("page.of", { n: pages }))), button("›", "page.next", () => to(1)));
  const told = h("span", { class: "small quiet told", role: "status" });
  const steps = group("hit.step", button("‹", "hit.previous", () => hit(-1)), told, button("›", "hit.next", () => hit(1)));
  const size = h("button", { type: "button", class: "plain small", onclick: () => zoom(0) });
  const sizes = group("zoom", button("−", "zoom.out", () => zoom(-1)), size, button("+", "zoom.in", () => zoom(1)));
  const element = h("div", { class: "row apart viewer-tools", role: "group", "aria-label": t("viewer.tools") }, pages > 0 ? turns : null, steps, pages > 0 ? sizes : null);

  function jump() {
    const wanted = Math.round(Number(number.value));
    to(0, Math.min(Math.max(wanted || 1, 1), pages));
  }

  function show(state, hits) {
    const page = state.page ?? 1;
    number.value = String(page);
    enable(turns, page > 1, page < pages);
    enable(sizes, state.zoom > ZOOMS[0], state.zoom < ZOOMS.at(-1));
    replace(size, state.zoom === 1 ? t("zoom.fitted") : percent(state.zoom));
    size.setAttribute("aria-label", t("zoom.fit", { percent: percent(state.zoom) }));
    size.title = size.getAttribute("aria-label");
    steps.hidden = !state.q;
    steps.classList.toggle("unseen", hits === null); // its space is kept
    if (hits !== null) sayHits(state, hits);
  }

  function sayHits(state, hits) {
    const at = hits.findIndex((one) => isCurrent(state, one));
    replace(told, hits.length === 0 ? t("hit.none") : at < 0 ? t("hit.count", { n: hits.length }) : t("hit.at", { at: count(at + 1), n: hits.length }));
    steps.firstChild.hidden = steps.lastChild.hidden = hits.length === 0;
    enable(steps, at !== 0, at !== hits.length - 1);
  }

  return { element, show };
}

function group(name, ...children) {
  return h("div", { class: "row tight", role: "group", "aria-label": t(name) }, children);
}

function button(sign, name, action) {
  return h("button", { type: "button", class: "plain icon", "aria-label": t(name), title: t(name), onclick: action }, h("span", { "aria-hidden": "true" }, sign));
}

function enable(one, before, after) {
  one.firstChild.disabled = !before;
  one.lastChild.disabled = !after;
}
