// The list of hits: better ones take their places without a jump, and more come on scrolling.

import { h, on, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { sentence } from "../core/notices.js";
import { hitCard } from "./hit.js";

const MOVE_MS = 220;
const WAITING = 4;

/** `more(cursor)` brings the next page by `append` and gives the cursor behind it. */
export function hitList({ more, signal }) {
  const list = h("ol", { class: "stack tight" });
  const foot = h("div", { class: "foot" });
  const cards = new Map();
  let cursor = null;
  let loading = false;
  const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && load(), { rootMargin: "600px" });
  watcher.observe(foot);
  on(signal, "abort", () => watcher.disconnect());

  function wait() {
    done(null);
    if (list.children.length) return list.setAttribute("aria-busy", "true");
    return replace(list, Array.from({ length: WAITING }, () => h("li", { class: "hit", "aria-hidden": "true" }, h("div", { class: "wait" }), h("div", { class: "wait" }))));
  }

  /** Shows these hits; those that were there keep their element, and glide to their new place. */
  function show(hits, state) {
    const before = new Map([...cards].map(([id, card]) => [id, card.getBoundingClientRect().top]));
    const held = document.activeElement;
    const wanted = hits.map((hit) => keep(hit, state));
    const gone = new Set(cards.keys());
    hits.forEach((hit) => gone.delete(hit.document_id));
    gone.forEach((id) => cards.delete(id));
    list.removeAttribute("aria-busy");
    replace(list, wanted);
    if (held !== document.activeElement && list.contains(held)) held.focus({ preventScroll: true });
    if (before.size && !matchMedia("(prefers-reduced-motion: reduce)").matches) glideAll(wanted, before);
  }

  function keep(hit, state) {
    const card = hitCard(hit, state);
    const old = cards.get(hit.document_id);
    if (old) {
      old.replaceChildren(...(old.dataset.passage === card.dataset.passage ? old.childNodes : card.childNodes));
      old.dataset.passage = card.dataset.passage;
      return old;
    }
    cards.set(hit.document_id, card);
    return card;
  }

  function append(hits, state) {
    list.append(...hits.map((hit) => keep(hit, state)));
  }

  function done(next) {
    cursor = next;
    replace(foot);
    if (next) load.later = requestAnimationFrame(() => foot.getBoundingClientRect().top < innerHeight + 600 && load());
  }

  async function load() {
    if (!cursor || loading) return;
    loading = true;
    const from = cursor;
    replace(foot, h("p", { class: "quiet" }, t("more.loading")));
    try {
      const next = await more(from);
      if (cursor === from) done(next);
    } catch (error) {
      if (error.name !== "AbortError") replace(foot, h("div", { class: "note bad" }, sentence(error), h("button", { type: "button", onclick: load }, t("again"))));
    } finally {
      loading = false;
    }
  }

  function step(by) {
    const links = [...list.querySelectorAll("h2 a")];
    const at = links.indexOf(document.activeElement);
    links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  }

  function clear() {
    cards.clear();
    replace(list);
    done(null);
  }

  return { element: h("div", {}, list, foot), show, append, wait, done, step, clear };
}

// All places are read before anything moves: one by one, each reading would lay the page out anew.
function glideAll(all, before) {
  const now = all.map((card) => card.getBoundingClientRect().top);
  all.forEach((card, n) => glide(card, before.get(card.dataset.id), now[n]));
}

function glide(card, was, now) {
  if (was === undefined) card.animate([{ opacity: 0 }, { opacity: 1 }], MOVE_MS);
  else if (was !== now) card.animate([{ transform: `translateY(${was - now}px)` }, { transform: "none" }], { duration: MOVE_MS, easing: "ease-out" });
}
