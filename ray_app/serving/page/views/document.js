// A document: its pages as images, its text beside them, and all that is known of it.

import { get } from "../core/api.js";
import { h, on, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { bind } from "../core/keys.js";
import { listen } from "../core/live.js";
import { trouble } from "../core/notices.js";
import { cameFrom, go } from "../core/router.js";
import { may } from "../core/who.js";
import { back } from "../parts/document/back.js";
import { download, head, titleOf, warnings } from "../parts/document/head.js";
import { TABS, asked, isCurrent, placeOf, step } from "../parts/document/state.js";
import { tabs } from "../parts/document/tabs.js";
import { viewer } from "../parts/document/viewer.js";

// Sections that a document has of which nothing is known but its place.
const ALWAYS = ["about", "history"];
const LOOK_MS = 5000;
const WAITING = ["queued", "processing"];

export async function open({ root, params: { id }, query, signal }) {
  let state = asked(query);
  let about = null;
  let shown = null; // what belongs to the document as it was read last
  let hits = null; // null until they are known, and where they could not be asked for
  let looked = false;
  const way = back(() => state.q);

  const to = (change) => step(id, { ...state, ...change });
  const turn = (page) => to({ page, start: null, end: null, cite: false });
  const known = () => Boolean(about?.sha256); // of its content: nothing is while it waits, or where it could not be read
  const redact = () => known() && to({ redacted: !state.redacted });
  const correct = async () => known() && (await import("../parts/document/correct.js")).correctLabel({ about, changed: relabelled });
  keys();
  await read();
  return { update };

  async function read() {
    shown?.controller.abort();
    if (!about) replace(root, way.element, waiting());
    try {
      about = await get(`/v1/documents/${id}`, {}, { signal });
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(root, way.element, h("h1", {}, t("title")), trouble(error, { again: read }));
      return;
    }
    document.title = `${titleOf(about)} – ray-app`;
    draw();
  }

  function draw() {
    const controller = new AbortController();
    on(signal, "abort", () => controller.abort(), controller.signal);
    const now = { controller, view: null, sections: null, redact: null, header: h("div", { class: "stack" }) };
    shown = now;
    now.view = viewer({ id, about, to, turn, hit: nextHit, signal: controller.signal });
    now.sections = tabs({ sections: sections(now), choose: (tab) => to({ tab }), signal: controller.signal });
    now.element = h("div", { class: "document" }, now.view.element, now.sections.element);
    drawHeader();
    replace(root, way.element, now.header, now.view.told, now.element);
    if (WAITING.includes(about.outcome)) follow(controller.signal);
    looked = false;
    show();
    findHits(now);
  }

  // Events tell at once; asking now and then catches what happened before the first could come.
  function follow(ends) {
    const look = async () => {
      const now = await get(`/v1/documents/${id}`, {}, { signal: ends }).catch(() => about);
      if (ends.aborted || now.outcome === about.outcome) return;
      about = now;
      shown.controller.abort();
      draw();
    };
    const timer = setInterval(look, LOOK_MS);
    on(ends, "abort", () => clearInterval(timer));
    listen(["document"], ({ topic, data }) => (topic === "again" || data.document === id) && look(), ends);
  }

  function drawHeader() {
    shown.redact = h("button", { type: "button", "aria-pressed": String(state.redacted), "aria-keyshortcuts": "r", onclick: redact }, t("redact"));
    shown.link = download(about);
    const label = may("editor") ? h("button", { type: "button", "aria-keyshortcuts": "l", onclick: correct }, t("label.correct")) : null;
    const actions = known() ? [label, shown.redact, shown.link] : [shown.link];
    replace(shown.header, head(about, actions), warnings(about, read));
  }

  function sections({ controller, view }) {
    const given = (panel) => ({ panel, about, signal: controller.signal });
    const fill = {
      about: async (panel) => (await import("../parts/document/about.js")).aboutSection({ ...given(panel), changed: read, erased: leave }),
      label: async (panel) => (await import("../parts/document/label.js")).labelSection(given(panel)),
      personal: async (panel) => (await import("../parts/document/personal.js")).personalSection({ ...given(panel), link, redact }),
      similar: async (panel) => (await import("../parts/document/similar.js")).similarSection(given(panel)),
      history: async (panel) => (await import("../parts/document/history.js")).historySection(given(panel)),
      text: (panel) => view.fillText(panel),
    };
    const there = (name) => (name === "text" ? view.textBeside : known() || ALWAYS.includes(name));
    return TABS.filter(there).map((name) => ({ name, fill: fill[name] }));
  }

  // A link within the document: with a modifier it opens anew, else it is a step.
  function link(change, attributes, ...children) {
    const wanted = { ...state, ...change };
    const follow = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      to(change);
    };
    return h("a", { ...attributes, href: placeOf(id, wanted), onclick: follow }, ...children);
  }

  async function findHits(now) {
    const { q } = state;
    [hits, looked] = [null, false];
    if (q.trim() && known()) {
      const found = await get(`/v1/documents/${id}/hits`, { q }, { signal: now.controller.signal }).catch(() => null);
      if (shown !== now || state.q !== q) return;
      hits = found?.hits ?? null;
    }
    looked = true;
    now.view.show(state, hits, looked);
  }

  function show() {
    way.show();
    shown.redact.setAttribute("aria-pressed", String(state.redacted));
    shown.sections.show(state.tab);
    shown.view.show(state, hits, looked);
  }

  function update(fresh) {
    const before = state;
    state = asked(fresh);
    if (!about || !shown) return;
    show();
    if (state.q !== before.q) findHits(shown);
  }

  function nextHit(by) {
    if (!hits?.length) return;
    const at = hits.findIndex((one) => isCurrent(state, one));
    const page = state.page ?? 1;
    const behind = hits.findIndex((one) => one.page > page || (one.page === page && one.start >= (state.start ?? 0)));
    const before = behind < 0 ? hits.length - 1 : behind - 1;
    const wanted = at >= 0 ? at + by : by > 0 ? (behind < 0 ? hits.length : behind) : before;
    const hit = hits[wanted];
    if (hit) to({ page: hit.page, start: hit.start, end: hit.end, cite: false });
  }

  function relabelled(labels) {
    about = { ...about, labels };
    if (!shown) return;
    drawHeader();
    shown.sections.refresh("label", "history");
  }

  function leave() {
    if (cameFrom()) history.back();
    else go("/", { instead: true });
  }

  function keys() {
    const pages = (by) => shown?.view.step(state, by);
    bind("n", "keys.hit.next", () => nextHit(1), signal);
    bind("p", "keys.hit.previous", () => nextHit(-1), signal);
    bind("ArrowRight", "keys.page.next", () => pages(1), signal);
    bind("ArrowLeft", "keys.page.previous", () => pages(-1), signal);
    bind("+", "keys.zoom.in", () => shown?.view.zoom(state, 1), signal);
    bind("-", "keys.zoom.out", () => shown?.view.zoom(state, -1), signal);
    bind("0", "keys.zoom.fit", () => shown?.view.zoom(state, 0), signal);
    if (may("editor")) bind("l", "keys.label", correct, signal);
    bind("r", "keys.redact", redact, signal);
    bind("d", "keys.download", () => shown?.link.click(), signal);
    bind("Escape", "keys.back", way.follow, signal);
  }
}

function waiting() {
  return h("div", { class: "stack", "aria-busy": "true" }, h("h1", {}, t("loading")), h("div", { class: "wait" }), h("div", { class: "document" }, h("div", { class: "viewer stack tight" }, h("div", { class: "viewer-tools" }), h("div", { class: "pane" }))));
}
