// The sections beside a document: one is shown, and asks for what it needs when it first comes into sight.

import { h, replace } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { trouble } from "../../core/notices.js";

const NEAR = "300px";

/** `sections` are `{name, fill}`, where `fill(panel)` puts there what is to be seen, once; `choose(name)` is called when
 * somebody picks one. Gives `{element, show(name), refresh(...names)}`. */
export function tabs({ sections, choose, signal }) {
  const panel = h("div", { role: "tabpanel", id: "document-panel", class: "panel" });
  const buttons = sections.map(({ name }) =>
    h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "document-panel", onclick: () => choose(name) }, t(`tab.${name}`)),
  );
  const list = h("div", { role: "tablist", class: "tabs", "aria-label": t("sections"), onkeydown: key }, buttons);
  const filled = new Map();
  const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && (watcher.disconnect(), near()), { rootMargin: NEAR });
  watcher.observe(panel);
  signal.addEventListener("abort", () => watcher.disconnect());
  let shown = null;
  let inSight = false;

  /** Shows this section; the first, where there is none of this name. */
  function show(name) {
    const chosen = Math.max(0, sections.findIndex((one) => one.name === name));
    shown = sections[chosen].name;
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === chosen));
      button.tabIndex = at === chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", buttons[chosen].id);
    fill();
  }

  function near() {
    inSight = true;
    fill();
  }

  function fill() {
    if (!shown || !inSight) return;
    const name = shown;
    if (!filled.has(name)) {
      const content = h("div", { class: "stack" });
      filled.set(name, content);
      begin(name, content);
    }
    if (panel.firstChild !== filled.get(name)) replace(panel, filled.get(name));
  }

  async function begin(name, content) {
    replace(content, h("p", { class: "quiet" }, t("loading")), h("div", { class: "wait" }), h("div", { class: "wait" }));
    try {
      await sections.find((one) => one.name === name).fill(content);
    } catch (error) {
      if (error.name !== "AbortError") replace(content, trouble(error, { again: () => begin(name, content) }));
    }
  }

  /** Asks anew for what these sections show. */
  function refresh(...names) {
    for (const name of names) filled.delete(name);
    fill();
  }

  function key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = (buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length;
    buttons[at].focus();
    choose(sections[at].name);
  }

  return { element: h("section", { class: "beside", "aria-label": t("sections") }, list, panel), show, refresh };
}
