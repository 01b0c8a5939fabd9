// What is shown of a document: out of the address bar, and back into it.

import { address, go } from "../../core/router.js";

export const TABS = ["text", "about", "label", "personal", "similar", "history"];
export const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];

/** The state out of the query string. `cite` is set where the span from `start` to `end` is what matters, rather than
 * the words of `q`. */
export function asked(query) {
  return {
    q: query.get("q") ?? "",
    page: whole(query.get("page")),
    start: whole(query.get("start")),
    end: whole(query.get("end")),
    cite: query.has("cite"),
    tab: TABS.includes(query.get("tab")) ? query.get("tab") : null,
    zoom: ZOOMS.find((zoom) => String(zoom) === query.get("zoom")) ?? 1,
    redacted: query.has("redacted"),
  };
}

/** The address of a document in this state. */
export function placeOf(id, { q, page, start, end, cite, tab, zoom, redacted }) {
  return address(`/documents/${id}`, {
    q, page, start, end, cite: cite ? 1 : "", tab, zoom: zoom === 1 ? "" : zoom, redacted: redacted ? 1 : "",
  });
}

/** Steps within a document leave no trace in the history: its way back leads out of the document. */
export function step(id, state) {
  return go(placeOf(id, state), { instead: true });
}

/** Whether this passage (a hit, or one of the text) is the one that the address names, or holds it. */
export function isCurrent(state, { page, start, end }) {
  return state.start !== null && (state.page ?? 1) === page && start <= state.start && state.start < Math.max(end, start + 1);
}

function whole(text) {
  return /^\d{1,9}$/.test(text ?? "") ? Number(text) : null;
}
