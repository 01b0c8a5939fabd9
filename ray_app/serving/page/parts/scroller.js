// What is wider than a small screen, in a frame that scrolls by itself and can be reached by the keyboard.

import { h } from "../core/dom.js";

/** `name` is what a screen reader calls it. */
export function scroller(name, ...children) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, children);
}
