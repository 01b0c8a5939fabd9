// Search: the address bar says what for, results come as they are found.

import { changes, stream } from "../core/api.js";
import { h, on, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { bind } from "../core/keys.js";
import { trouble } from "../core/notices.js";
import { address, go } from "../core/router.js";
import { may } from "../core/who.js";
import { facetPanel } from "../parts/facets.js";
import { hitList } from "../parts/hits.js";
import { asked, body, chosen, without } from "../parts/query.js";
import { searchBox } from "../parts/searchbox.js";

const SORTS = ["relevance", "newest", "oldest"];

/** What was shown last, so that the way back from a document shows it at once and at the same place. `entry` names the
 * entry of the history that it belongs to: whoever goes there anew, by a link or another search, asks anew. */
let kept = null;
const PAGE = 20;
const MOST = 100; // that the API gives at a time

export async function open({ root, query, signal }) {
  let state = asked(query);
  let running = null;

  const box = searchBox({ value: state.q, search: (q) => to({ ...state, q }), signal });
  const sort = h("select", { "aria-label": t("sort"), onchange: (event) => to({ ...state, sort: event.target.value }) }, SORTS.map((one) => h("option", { value: one }, t(`sort.${one}`))));
  const summary = h("p", { class: "quiet", role: "status" });
  const picked = h("div", { class: "row", "aria-label": t("filters") });
  const hits = hitList({ more: next, signal });
  const facets = facetPanel({ change: (filters) => to({ ...state, filters }), dates: (from, until) => to({ ...state, from, to: until }) });
  const notes = h("div", { class: "stack tight" });
  const column = h("section", { class: "stack", "aria-label": t("results") }, h("div", { class: "row apart" }, summary, sort), picked, notes, hits.element);
  replace(root, h("h1", { class: "visually-hidden" }, t("title")), box.element, h("div", { class: "results" }, facets.element, column));

  bind("/", "keys.box", () => box.focus(), signal);
  bind("j", "keys.next", () => hits.step(1), signal);
  bind("k", "keys.previous", () => hits.step(-1), signal);

  function to(wanted) {
    const there = address("/", { q: wanted.q, sort: wanted.sort === "relevance" ? "" : wanted.sort, from: wanted.from, to: wanted.to, ...wanted.filters });
    if (there === location.pathname + location.search) run(); // asked once more
    else go(there);
  }

  async function update(fresh) {
    state = asked(fresh);
    box.set(state.q);
    sort.value = state.sort;
    document.title = state.q ? `${state.q} – ray-app` : "ray-app";
    replace(picked, chosen(state).map(pill));
    if (!wasHere()) return run();
    show(kept);
    if (kept.changes !== changes()) refresh();
    return undefined;
  }

  function wasHere() {
    return kept !== null && kept.entry === history.state?.search;
  }

  function begun() {
    running?.abort();
    running = new AbortController();
    return { hits: [], facets: null, total: 0, next: null, changes: changes() };
  }

  async function run() {
    const found = { ...begun(), entry: Date.now() };
    const mine = running;
    history.replaceState({ ...history.state, search: found.entry }, "");
    replace(notes);
    column.setAttribute("aria-busy", "true");
    replace(summary, t("searching"));
    hits.wait();
    try {
      for await (const { event, data } of stream("/v1/search", body(state, PAGE), { signal: mine.signal })) {
        take(found, event, data);
        if (event === "error") throw Object.assign(new Error(data.detail), data);
      }
      kept = found;
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!found.hits.length) hits.clear();
      replace(summary);
      replace(notes, found.hits.length ? h("div", { class: "note warn", role: "alert" }, h("p", {}, t("partial")), h("button", { type: "button", onclick: run }, t("again"))) : trouble(error, { again: run }));
    } finally {
      if (mine === running) column.removeAttribute("aria-busy");
    }
  }

  /** Brings what is shown up to date after a change, at its place and without a word. */
  async function refresh() {
    const found = { ...begun(), entry: kept.entry };
    const limit = Math.min(Math.max(kept.hits.length, PAGE), MOST);
    try {
      for await (const { event, data } of stream("/v1/search", body(state, limit), { signal: running.signal })) {
        if (event === "hits") found.hits = data.hits;
        if (event === "facets") Object.assign(found, { facets: data.facets, total: data.total });
        if (event === "done") found.next = data.next;
        if (event === "error") return;
      }
    } catch {
      return; // what is shown stays
    }
    kept = found;
    show(found);
  }

  function take(found, event, data) {
    if (event === "hits") {
      found.hits = data.hits;
      hits.show(data.hits, state);
    } else if (event === "facets") {
      Object.assign(found, { facets: data.facets, total: data.total });
      facets.show(data.facets, state);
      replace(summary, t("found", { n: data.total }));
    } else if (event === "done") {
      found.next = data.next;
      hits.done(found.next);
      if (!found.hits.length) replace(notes, nothing());
    }
  }

  function show(found) {
    hits.show(found.hits, state);
    hits.done(found.next);
    facets.show(found.facets ?? {}, state);
    replace(summary, t("found", { n: found.total }));
    replace(notes, found.hits.length ? [] : nothing());
  }

  async function next(cursor) {
    for await (const { event, data } of stream("/v1/search", { ...body(state, PAGE), cursor, facets: [] }, { signal: running?.signal ?? signal })) {
      if (event === "hits") kept.hits.push(...data.hits), hits.append(data.hits, state);
      if (event === "done") kept.next = data.next;
      if (event === "error") throw Object.assign(new Error(data.detail), data);
    }
    return kept.next;
  }

  function nothing() {
    const filtered = chosen(state).length > 0;
    const advice = state.q ? t("nothing.do") : t("nothing.index");
    const clear = filtered ? h("button", { type: "button", onclick: () => to({ ...state, filters: {}, from: "", to: "" }) }, t("filters.clear")) : null;
    const upload = !state.q && may("editor") ? h("a", { class: "button", href: "/upload" }, t("nav.upload")) : null;
    return h("div", { class: "empty" }, h("h2", {}, t("nothing")), h("p", {}, filtered ? t("nothing.filtered") : advice), clear, upload);
  }

  function pill(one) {
    return h("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: () => to(without(state, one)) }, h("span", { class: "name" }, one.shown), h("span", { "aria-hidden": "true" }, "×"), h("span", { class: "visually-hidden" }, t("filters.remove")));
  }

  on(signal, "abort", () => running?.abort());
  const first = update(query);
  if (wasHere()) await first;
  return { update };
}
