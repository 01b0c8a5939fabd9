// How the index is: its parts, its figures, and what happens now.

import { get } from "../../core/api.js";
import { h, on, replace } from "../../core/dom.js";
import { count, languageName, size } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { listen } from "../../core/live.js";
import { sentence } from "../../core/notices.js";
import { address } from "../../core/router.js";
import { may } from "../../core/who.js";
import { bars, rowsOf } from "../bars.js";
import { redraw } from "../keepfocus.js";
import { table } from "../table.js";
import { eventList } from "./happenings.js";

const AGAIN_MS = 1500;

export async function open({ root, signal }) {
  let timer = null;
  const health = h("section", { class: "stack", "aria-labelledby": "health" });
  const figures = h("section", { class: "stack", "aria-labelledby": "figures" });
  const index = h("section", { class: "stack", "aria-labelledby": "index" });
  const happenings = eventList();
  on(signal, "abort", () => clearTimeout(timer));

  async function draw() {
    const [stats, ready, jobs] = await Promise.all([get("/v1/stats", {}, { signal }), answered("/readyz", signal), may("admin") ? answered("/v1/jobs?limit=1", signal) : null]);
    redraw(health, h("h2", { id: "health" }, t("health")), h("ul", { class: "grid" }, parts(stats, ready, jobs)));
    redraw(figures, h("h2", { id: "figures" }, t("figures", { n: stats.documents.total })), h("div", { class: "grid" }, documents(stats)));
    replace(index, stats.index ? layout(stats.index) : []);
  }

  function happened(event) {
    happenings.add(event);
    clearTimeout(timer);
    timer = setTimeout(() => draw().catch(() => {}), AGAIN_MS);
  }

  await draw();
  replace(root, health, happenings.element, figures, index);
  listen(["job", "source", "document", "label", "model", "privacy"], happened, signal);
}

/** `{ok}`, with why not. */
async function answered(path, signal) {
  try {
    await get(path, {}, { signal });
    return { ok: true };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { ok: false, why: sentence(error) };
  }
}

function parts(stats, ready, jobs) {
  const { queue, index, documents: places } = stats;
  const failed = places.by_outcome.quarantined ?? 0;
  return [
    part("search", ready.ok, ready.ok ? t("part.search.ok") : ready.why),
    jobs ? part("jobs", jobs.ok, jobs.ok ? t("part.jobs.ok", { n: queue?.runs.length ?? 0 }) : jobs.why, "jobs") : null,
    queue ? part("queue", true, t("part.queue.ok", { documents: queue.documents + queue.uploads, vectors: queue.vectors })) : null,
    index ? part("index", true, t("part.index.ok", { points: Object.values(index.points).reduce((sum, n) => sum + n, 0), size: index.disk_bytes === null ? t("part.index.server") : size(index.disk_bytes) })) : null,
    part("quarantine", failed === 0, t("part.quarantine.n", { n: failed }), "quarantine", "warn"),
  ];
}

function part(name, ok, words, tab = null, bad = "bad") {
  const heading = tab ? h("a", { href: address("/operations", { tab }) }, t(`part.${name}`)) : t(`part.${name}`);
  const badge = h("span", { class: ["badge", ok ? "good" : bad] }, t(ok ? "part.ok" : bad === "warn" ? "part.look" : "part.bad"));
  return h("li", { class: "card stack tight" }, h("div", { class: "row apart" }, h("h3", {}, heading), badge), h("p", { class: "small quiet break" }, words));
}

function documents({ documents: places, contents }) {
  const search = (field) => (value) => address("/", { [field]: value });
  const outcome = (value) => (value === "quarantined" ? address("/operations", { tab: "quarantine" }) : null);
  return [
    bars(t("by.outcome"), rowsOf(places.by_outcome, (value) => named("outcome", value), outcome)),
    bars(t("by.source"), rowsOf(places.by_source, undefined, search("source"))),
    bars(t("by.language"), rowsOf(contents.by_language, languageName, search("language"))),
    bars(t("by.media_type"), rowsOf(contents.by_media_type, (value) => named("type", value), search("media_type"))),
    bars(t("by.label"), rowsOf(contents.by_label, undefined, search("label"))),
    bars(t("by.size"), rowsOf(places.by_size, (value) => named("size", value))),
  ];
}

function layout(index) {
  const names = [...new Set([...Object.keys(index.points), ...Object.keys(index.layout)])];
  const rows = names.map((name) => [named("collection", name), index.layout[name] ? h("code", {}, index.layout[name]) : "–", name in index.points ? count(index.points[name]) : "–"]);
  return [
    h("h2", { id: "index" }, t("index")),
    h("dl", { class: "facts" }, h("dt", {}, t("index.model")), h("dd", {}, index.model), h("dt", {}, t("index.fingerprint")), h("dd", {}, h("code", {}, index.fingerprint ?? "–"))),
    h("div", { class: "card flush" }, table(t("index"), [t("index.collection"), t("index.at"), t("index.points")], rows, { numbers: [2] })),
  ];
}
