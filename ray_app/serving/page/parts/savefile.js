// What was shown, as a file.

import { h } from "../core/dom.js";

const KEPT_MS = 60_000;

/** Has the browser save this text under a name. */
export function saveFile(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
