// The text of a document as it is indexed: passage by passage, with the words of the search marked.

import { get } from "../../core/api.js";
import { h, marked, replace } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { sentence } from "../../core/notices.js";
import { flowing } from "./flow.js";
import { isCurrent } from "./state.js";

const AT_A_TIME = 100;
const AHEAD = "800px";

/** `{element, open(), show(state, hits)}`: `open` brings the first passages, `show` goes to the current one. `turn(page)`
 * is called by a page's heading, where there are images. */
export function textPane({ id, about, turn, signal }) {
  const list = h("div", { class: "prose", lang: about.language || null, dir: "auto" });
  const foot = h("div", { class: "foot" });
  const element = h("div", { class: "text-pane", role: "region", "aria-label": t("text"), tabindex: "0" }, list, foot);
  const wraps = about.media_type === "application/pdf" || Boolean(about.media_type?.startsWith("image/"));
  const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), { root: element, rootMargin: AHEAD });
  signal.addEventListener("abort", () => watcher.disconnect());
  const drawn = [];
  let next = 0;
  let running = null;
  let state = null;
  let hits = new Map();

  async function open() {
    await bring();
    if (!drawn.length) replace(list, h("p", { class: "quiet" }, t(about.has_text === false ? "text.scan" : "text.none")));
    watcher.observe(foot);
  }

  function bring() {
    running ??= fetchPart().finally(() => (running = null));
    return running;
  }

  async function fetchPart() {
    const part = await get(`/v1/documents/${id}/text`, { limit: AT_A_TIME, start: next }, { signal });
    next = part.next;
    for (const passage of part.passages) if (passage.end > passage.start) append(passage);
  }

  function append(passage) {
    const before = drawn.at(-1)?.passage;
    const fresh = before?.page !== passage.page;
    // Passages may repeat the end of the one before.
    const skip = fresh ? 0 : Math.max(0, before.end - passage.start);
    const apart = !fresh && passage.start - before.end > 1;
    const block = h("div", { class: ["passage-text", apart && "apart"] });
    if (fresh && about.pages > 1) list.append(heading(passage.page));
    list.append(block);
    drawn.push({ passage, block, skip });
    draw(drawn.at(-1));
  }

  function heading(page) {
    const name = t("page.heading", { n: page });
    return h("h2", { class: "page-mark", "data-page": page }, turn ? h("button", { type: "button", class: "link small", onclick: () => turn(page) }, name) : name);
  }

  function draw({ passage, block, skip }) {
    const current = state !== null && isCurrent(state, passage);
    const letters = Array.from(wraps ? flowing(passage.text) : passage.text).slice(skip);
    const spans = current && state.cite ? [[state.start - passage.start, state.end - passage.start]] : hits.get(key(passage)) ?? [];
    block.classList.toggle("current", current);
    if (current) block.setAttribute("aria-current", "true");
    else block.removeAttribute("aria-current");
    const within = spans.map(([start, end]) => [Math.max(0, start - skip), Math.min(end - skip, letters.length)]);
    replace(block, marked(letters.join(""), within.filter(([start, end]) => end > start)));
  }

  async function show(wanted, found) {
    [state, hits] = [wanted, new Map((found ?? []).map((hit) => [key(hit), hit.highlights]))];
    await (running ?? Promise.resolve());
    drawn.forEach(draw);
    while (next !== null && !reached()) await bring();
    if (state === wanted) scroll();
  }

  function reached() {
    const last = drawn.at(-1)?.passage;
    const page = state.page ?? 1;
    return Boolean(last) && (last.page > page || (last.page === page && (state.start === null || last.end > state.start)));
  }

  function scroll() {
    const to = list.querySelector("[aria-current]") ?? (state.page > 1 ? list.querySelector(`[data-page="${state.page}"]`) : list.firstElementChild);
    const mark = to?.querySelector("mark") ?? to;
    if (mark) element.scrollTo({ top: place(mark) - element.clientHeight / 4 });
  }

  function place(one) {
    return one.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop;
  }

  async function more() {
    if (next === null || running) return;
    try {
      await bring();
      replace(foot);
    } catch (error) {
      if (error.name !== "AbortError") replace(foot, h("div", { class: "note bad", role: "alert" }, sentence(error), h("button", { type: "button", onclick: more }, t("again"))));
    }
  }

  return { element, open, show };
}

function key({ page, start }) {
  return `${page}:${start}`;
}
