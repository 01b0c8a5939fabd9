// A view of several panels: the address bar's `tab` says which one is open.

import { h, intoSight, on, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { trouble } from "../core/notices.js";
import { address } from "../core/router.js";
import { may } from "../core/who.js";

/** Fills `root`. `panels` maps a tab's name to `{open, role}`: `open({root, query, signal})` fills the panel, and may
 * give `update(query)` for another address of the same tab; `role` is what takes to see it. The first is the default. */
export async function tabbed({ root, path, panels, query, signal }) {
  const names = Object.keys(panels);
  const links = names.map((name) => h("a", { href: address(path, { tab: name === names[0] ? "" : name }), "data-tab": name }, t(`tab.${name}`)));
  const body = h("div", { class: "stack loose panel" });
  let shown = null;
  replace(root, h("h1", {}, t("title")), h("nav", { class: "tabs", "aria-label": t("title") }, links), body);
  on(signal, "abort", () => shown?.controller.abort());

  async function update(fresh) {
    const name = names.includes(fresh.get("tab")) ? fresh.get("tab") : names[0];
    document.title = `${t(`tab.${name}`)} – ${t("title")} – ray-app`;
    if (shown?.name === name && shown.update) return shown.update(fresh);
    shown?.controller.abort();
    const mine = { name, controller: new AbortController(), update: null };
    shown = mine;
    for (const link of links) {
      if (link.dataset.tab !== name) link.removeAttribute("aria-current");
      else link.setAttribute("aria-current", "page"), intoSight(link);
    }
    await open(mine, fresh);
    return undefined;
  }

  async function open(mine, fresh) {
    const panel = panels[mine.name];
    if (panel.role && !may(panel.role)) return replace(body, needs(panel.role));
    const place = h("div", { class: "stack loose", "aria-busy": "true" }, waiting());
    replace(body, place);
    try {
      mine.update = (await panel.open({ root: place, query: fresh, signal: mine.controller.signal }))?.update ?? null;
    } catch (error) {
      if (error.name !== "AbortError" && shown === mine) replace(place, trouble(error, { again: () => open(mine, new URLSearchParams(location.search)) }));
    } finally {
      place.removeAttribute("aria-busy");
    }
    return undefined;
  }

  await update(query);
  return { update };
}

/** Says who may do what is not shown to whoever is here. */
export function needs(role) {
  return h("div", { class: "note" }, h("p", {}, t(`needs.${role}`)));
}

/** What stands in a place while its content comes. */
export function waiting() {
  return h("div", { class: "stack tight", role: "status" }, h("span", { class: "visually-hidden" }, t("loading")), h("div", { class: "wait" }), h("div", { class: "wait" }), h("div", { class: "wait" }));
}
