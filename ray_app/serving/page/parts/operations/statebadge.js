// Whether a job works, or how it ended.

import { h } from "../../core/dom.js";
import { named } from "../../core/i18n.js";

const COLOURS = { running: "info", pending: "info", finished: "good", failed: "bad", cancelled: "warn", "ended without a word": "bad" };

/** A job's state as a badge. */
export function stateBadge(state) {
  return h("span", { class: ["badge", COLOURS[state]] }, named("state", state));
}
