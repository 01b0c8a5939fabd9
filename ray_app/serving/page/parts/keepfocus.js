// What is drawn anew while somebody works in it keeps their place.

import { replace } from "../core/dom.js";

const CONTROLS = "a[href], button, summary";

/** As `replace`, and the control that had the focus has it again, where there is one of its name. */
export function redraw(parent, ...children) {
  const held = parent.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  replace(parent, ...children);
  if (held) [...parent.querySelectorAll(CONTROLS)].find((one) => nameOf(one) === held)?.focus({ preventScroll: true });
}

function nameOf(control) {
  return control.getAttribute("href") ?? control.getAttribute("aria-label") ?? control.textContent;
}
