// The keyboard: one table of what each key does now, which the ? sheet shows.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const bindings = new Map();
const PAUSE_MS = 1200;
let before = "";
let since = 0;

/** `keys` is one key as the event names it ("j", "Enter", "?"), or two in a row ("g s"). `what` is the key of the words
 * that the sheet shows. Not while somebody types. Ends with the signal, where there is one. */
export function bind(keys, what, action, signal = null) {
  const binding = { what, action };
  const outer = bindings.get(keys);
  bindings.set(keys, binding);
  signal?.addEventListener("abort", () => {
    if (bindings.get(keys) !== binding) return;
    if (outer) bindings.set(keys, outer);
    else bindings.delete(keys);
  });
}

/** Shows which keys there are. */
export function sheet() {
  const rows = [...bindings].map(([keys, { what }]) =>
    h("tr", {}, h("th", { scope: "row" }, keys.split(" ").map((key) => h("kbd", {}, NAMES[key] ?? key))), h("td", {}, t(what))),
  );
  const close = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, t("close"));
  const dialog = h(
    "dialog",
    { "aria-labelledby": "keys-title", onclose: () => dialog.remove() },
    h("div", { class: "stack" }, h("h2", { id: "keys-title" }, t("keys.title")), h("table", {}, h("tbody", {}, rows)), h("div", { class: "row" }, close)),
  );
  document.body.append(dialog);
  dialog.showModal();
}

const NAMES = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target) || presses(event) || document.querySelector("dialog[open]")) return;
  const now = Date.now();
  const pair = now - since < PAUSE_MS ? bindings.get(`${before} ${event.key}`) : undefined;
  const found = pair ?? bindings.get(event.key);
  [before, since] = [event.key, now];
  if (!found) return;
  event.preventDefault();
  found.action(event);
});

// Enter and space are the control's own where one has the focus.
function presses({ key, target }) {
  return ["Enter", " "].includes(key) && target.closest?.("a, button, summary, input") !== null;
}

function typing(target) {
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName) || (target.tagName === "INPUT" && !["checkbox", "radio", "button"].includes(target.type));
}
