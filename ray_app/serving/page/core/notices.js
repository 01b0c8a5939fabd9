// What went wrong, what was done, and what to do now.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const SHOWN_MS = 6000;

/** A note about an error in the place of what could not be shown. `again` is called by its button. */
export function trouble(error, { again = null } = {}) {
  const [what, advice] = told(error);
  return h(
    "div",
    { class: "note bad", role: "alert" },
    h("p", { class: "strong" }, what),
    error.message && error.status ? h("p", {}, error.message) : null,
    h("p", {}, advice),
    error.request ? h("p", { class: "small quiet" }, t("trouble.request", { id: error.request })) : null,
    again ? h("button", { type: "button", onclick: again }, t("again")) : null,
  );
}

/** A sentence at the edge of the page that goes by itself; `undo` adds a button. */
export function toast(sentence, { undo = null } = {}) {
  const place = document.querySelector(".toasts");
  const button = undo ? h("button", { type: "button", class: "link", onclick: () => (note.remove(), undo()) }, t("undo")) : null;
  const note = h("div", { class: "row" }, sentence, button);
  place.append(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}

/** Runs what a button does: it is off meanwhile, and an error is told. Gives what the action gives, null after an error. */
export async function busy(button, action) {
  button.disabled = true;
  try {
    return await action();
  } catch (error) {
    if (error.name !== "AbortError") toast(sentence(error));
    return null;
  } finally {
    button.disabled = false;
  }
}

/** An error as one sentence. */
export function sentence(error) {
  const [what] = told(error);
  return error.status ? `${what} ${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}` : what;
}

function told(error) {
  const status = error.status;
  if (status === 0) return [t("trouble.unreachable"), t("trouble.unreachable.do")];
  if (status === 401) return [t("trouble.signed-out"), t("trouble.signed-out.do")];
  if (status === 403) return [t("trouble.forbidden"), t("trouble.forbidden.do")];
  if (status === 404) return [t("trouble.missing"), t("trouble.missing.do")];
  if (status === 429) return [t("trouble.often"), t("trouble.often.do")];
  if (status === 503 || status === 504) return [t("trouble.busy"), t("trouble.busy.do")];
  if (status >= 400 && status < 500) return [t("trouble.refused"), t("trouble.refused.do")];
  return [t("trouble.fault"), t("trouble.fault.do")];
}
