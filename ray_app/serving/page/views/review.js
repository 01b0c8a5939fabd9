// Review: one document at a time, said in one key, the next one ready.

import { get, send } from "../core/api.js";
import { h, replace } from "../core/dom.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { bind } from "../core/keys.js";
import { listen } from "../core/live.js";
import { sentence, toast, trouble } from "../core/notices.js";
import { address, go } from "../core/router.js";
import { may } from "../core/who.js";
import { labelPick } from "../parts/labelpick.js";
import { reviewCard, suggested } from "../parts/reviewcard.js";
import { rate, reviewQueue, sayings, undo } from "../parts/reviewqueue.js";
import { trainingSet } from "../parts/trainingset.js";

export async function open({ root, query, signal }) {
  document.title = `${t("review.title")} – ray-app`;
  if (!may("editor")) return replace(root, h("h1", {}, t("review.title")), h("div", { class: "note warn" }, h("p", {}, t("review.readers"))));
  let filter = asked(query);
  let queue = reviewQueue(filter);
  let now = null;
  let card = null;
  let chosen = null; // of the document shown, where it may have several labels
  let several = false;
  let showing = null;

  const place = h("div", { class: "stack" });
  const told = h("p", { role: "status", class: "quiet" });
  const set = trainingSet({ signal, changed: redraw });
  const filters = h("div", { class: "row" });
  const aside = h("aside", { class: "stack", "aria-label": t("set") }, set.element);
  replace(root, h("div", { class: "row apart" }, h("h1", {}, t("review.title")), filters), told, h("div", { class: "reviewing" }, place, aside));
  const actions = { label: named, yes, other, skip, undo: back, look };
  const keys = { Enter: ["keys.yes", yes], n: ["keys.other", other], "/": ["keys.other", other], s: ["keys.skip", skip], u: ["keys.undo", back], o: ["keys.open", look] };
  for (const [key, [words, action]] of Object.entries(keys)) bind(key, words, action, signal);
  for (let digit = 1; digit <= 9; digit += 1) bind(String(digit), "keys.digit", () => set.labels()[digit - 1] && named(set.labels()[digit - 1]), signal);
  listen(["label"], heard, signal);

  async function next() {
    showing?.abort();
    showing = new AbortController();
    const mine = showing;
    card ?? replace(place, h("div", { class: "card stack" }, h("div", { class: "wait" }), h("div", { class: "wait" })));
    try {
      now = await queue.current();
      if (mine.signal.aborted || signal.aborted) return;
      chosen = now && several ? picked(now) : null;
      draw({ focus: true });
    } catch (error) {
      if (error.name !== "AbortError" && !signal.aborted) replace(place, trouble(error, { again: next }));
    }
    tell();
  }

  function draw({ focus = false } = {}) {
    card = now && reviewCard(now, { labels: set.labels(), chosen, actions, signal: showing.signal });
    replace(place, card ? card.element : nothing());
    if (focus && card) card.focus();
  }

  function redraw() {
    if (now && !place.querySelector(".pick")) draw({ focus: place.contains(document.activeElement) });
  }

  function named(label) {
    if (!now) return;
    if (!several) return void say([label]);
    chosen = chosen.includes(label) ? chosen.filter((one) => one !== label) : [...chosen, label];
    draw({ focus: true });
  }

  function yes() {
    if (several) return chosen?.length && say(chosen);
    const best = now && suggested(now);
    return best && say([best.label]);
  }

  async function say(labels) {
    const sent = queue.say(labels);
    set.add(labels, 1);
    next();
    try {
      await sent;
    } catch (error) {
      set.add(labels, -1);
      toast(sentence(error));
      if (!signal.aborted) next();
    }
  }

  function skip() {
    if (!now) return;
    queue.skip();
    next();
  }

  async function back() {
    try {
      const saying = undo(queue);
      next();
      const { labels } = (await saying) ?? {};
      if (labels) set.add(labels, -1);
      else toast(t("undo.none"));
    } catch (error) {
      toast(sentence(error));
    }
    set.later();
  }

  function other() {
    if (!now || place.querySelector(".pick")) return;
    const close = () => (pick.element.remove(), card?.focus());
    const pick = labelPick({ labels: set.labels, pick: (label) => (close(), named(label)), close: () => close() });
    card.element.querySelector(".decision").append(pick.element);
    pick.focus();
  }

  function look() {
    if (now) go(`/documents/${now.document.id}`);
  }

  function heard(event) {
    set.later();
    if (event.topic !== "label" || !event.data.labels.length || !queue.drop(event.data.document)) return;
    toast(t("said.elsewhere", { who: event.data.who }));
    next();
  }

  function tell() {
    const speed = rate();
    const n = sayings().length;
    replace(told, n ? t("said", { n }) : t("said.none"), speed ? ` · ${t("said.rate", { n: Math.round(speed) })}` : "", queue.skipped() ? ` · ${t("said.skipped", { n: queue.skipped() })}` : "");
  }

  function nothing() {
    const filtered = filter.label || filter.source;
    const skipped = queue.skipped();
    return h(
      "div",
      { class: "card empty" },
      h("h2", {}, t("nothing")),
      h("p", {}, filtered ? t("nothing.filtered") : skipped ? t("nothing.skipped") : t("nothing.do")),
      h(
        "div",
        { class: "row" },
        skipped ? h("button", { type: "button", class: "primary", onclick: () => (queue.unskip(), next()) }, t("skipped.look", { n: skipped })) : null,
        filtered ? h("a", { class: "button", href: "/review" }, t("filter.none")) : null,
        may("admin") ? h("a", { class: "button", href: "/models" }, t("nav.models")) : null,
        h("a", { class: "button", href: "/upload" }, t("nav.upload")),
      ),
    );
  }

  async function offerFilters() {
    const [{ facets }] = await Promise.all([send("POST", "/v1/search", { query: "", sort: "newest", limit: 1, facets: ["source", "label"] }, { signal }), labels]);
    const offered = { label: set.labels(), source: (facets.source ?? []).map((one) => one.value) };
    replace(filters, Object.entries(offered).filter(([name, all]) => all.length > 1 || filter[name]).map(([name, all]) => filterBy(name, all)));
  }

  function filterBy(name, values) {
    const all = [...new Set([...values, filter[name]])].filter(Boolean);
    const options = [h("option", { value: "" }, t(`filter.${name}.all`)), ...all.map((one) => h("option", { value: one, selected: one === filter[name] }, one))];
    return h("select", { "aria-label": t(`filter.${name}`), onchange: (event) => go(address("/review", { ...filter, [name]: event.target.value })) }, options);
  }

  async function update(fresh) {
    filter = asked(fresh);
    queue = reviewQueue(filter);
    queue.again();
    offerFilters().catch(() => {}); // without them all are reviewed
    await next();
  }

  const labels = set.load().catch((error) => signal.aborted || replace(aside, trouble(error)));
  several = await multiple(signal);
  update(query);
  return { update };
}

// What a document has by the classifier in use; who may not ask of it says one label.
async function multiple(signal) {
  if (!may("admin")) return false;
  const { models } = await get("/v1/models", {}, { signal }).catch(() => ({ models: [] }));
  return models.some((one) => one.in_use && one.kind === "multi");
}

function picked({ labels }) {
  const sure = labels.filter((one) => one.sure).map((one) => one.label);
  return sure.length ? sure : labels.slice(0, 1).map((one) => one.label);
}

function asked(query) {
  return { label: query.get("label") ?? "", source: query.get("source") ?? "" };
}
