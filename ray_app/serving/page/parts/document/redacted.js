// The text without personal data, as it may leave the house once somebody has looked at it.

import { get } from "../../core/api.js";
import { h, marked, replace } from "../../core/dom.js";
import { named, t } from "../../core/i18n.js";
import { busy } from "../../core/notices.js";
import { count } from "../../core/format.js";
import { flowing } from "./flow.js";

const AT_A_TIME = 100;
const GONE = /\[[a-z_.]{2,40}\]/g;

/** `{element, open(), show(state)}`. */
export function redactedPane({ id, about, signal }) {
  const told = h("p", { class: "small quiet", role: "status" });
  const list = h("div", { class: "prose", lang: about.language || null, dir: "auto" });
  const foot = h("div", { class: "foot" });
  const element = h("div", { class: "text-pane", role: "region", "aria-label": t("text.redacted"), tabindex: "0" }, told, list, foot);
  const wraps = about.media_type === "application/pdf";
  const removed = {};

  async function open(start = 0) {
    const part = await get(`/v1/documents/${id}/redacted`, { limit: AT_A_TIME, start }, { signal });
    for (const { page, text } of part.pages) list.append(...pageOf(page, wraps ? flowing(text) : text));
    for (const [kind, n] of Object.entries(part.removed)) removed[kind] = (removed[kind] ?? 0) + n;
    replace(told, summary());
    replace(foot, part.next === null ? [] : h("button", { type: "button", onclick: (event) => busy(event.target, () => open(part.next)) }, t("text.more")));
  }

  function pageOf(page, text) {
    const heading = about.pages > 1 && !list.querySelector(`[data-page="${page}"]`) ? h("h2", { class: "page-mark", "data-page": page }, t("page.heading", { n: page })) : null;
    const spans = [...text.matchAll(GONE)].map((match) => codePoints(text, match.index, match[0]));
    return [heading, h("div", { class: "passage-text" }, marked(text, spans))].filter(Boolean);
  }

  function summary() {
    const kinds = Object.entries(removed).sort((a, b) => b[1] - a[1]);
    if (!kinds.length) return t("redact.nothing");
    return t("redact.removed", { what: kinds.map(([kind, n]) => `${named("kind", kind)} ${count(n)}`).join(", ") });
  }

  function show({ page }) {
    const to = list.querySelector(`[data-page="${page ?? 1}"]`);
    if (to) element.scrollTo({ top: to.offsetTop - list.offsetTop });
  }

  return { element, open, show };
}

function codePoints(text, index, match) {
  const start = Array.from(text.slice(0, index)).length;
  return [start, start + match.length];
}
