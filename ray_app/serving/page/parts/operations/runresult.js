// What came of a run: counts, why documents failed, and what took the time.

import { h } from "../../core/dom.js";
import { count, duration } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { address } from "../../core/router.js";
import { table } from "../table.js";
import { bottleneck } from "./progress.js";

/** The parts of it that there is something to say of. */
export function results(job, run, state) {
  const refused = run?.detail.startsWith("DeletionRefusedError");
  const why = run?.detail || (state === "failed" ? job?.message : "");
  return [
    why && !refused ? h("div", { class: ["note", state === "failed" ? "bad" : "warn"] }, h("p", { class: "strong" }, t("run.why")), h("pre", { lang: "en" }, why)) : null,
    run && Object.keys(run.counts).length ? counts(run.counts) : null,
    run && Object.keys(run.reasons).length ? reasons(run.reasons) : null,
    run && Object.keys(run.stages).length ? stages(run) : null,
    run && Object.keys(run.setup).length ? setup(run.setup) : null,
  ];
}

function counts(counted) {
  const figures = Object.entries(counted).filter(([name, n]) => n || name === "documents").map(([name, n]) => h("div", { class: "figure" }, h("strong", {}, count(n)), h("span", {}, named("count", name))));
  return h("section", { class: "stack tight" }, h("h3", {}, t("run.counts")), h("div", { class: "figures" }, figures));
}

function reasons(counted) {
  const sorted = Object.entries(counted).sort((one, other) => other[1] - one[1]);
  const chips = sorted.map(([reason, n]) => h("li", {}, h("a", { class: "button chip", href: address("/operations", { tab: "quarantine", reason }) }, h("span", { class: "name" }, named("reason", reason)), h("span", { class: "n" }, count(n)))));
  return h("section", { class: "stack tight" }, h("h3", {}, t("run.reasons")), h("ul", { class: "row" }, chips));
}

function stages(run) {
  const rows = Object.entries(run.stages).map(([name, one]) => [named("stage", name), count(one.documents), duration(one.seconds), count(one.workers), count(one.documents_per_s, 1), count(one.most_waiting)]);
  const heads = ["stage", "documents", "work", "workers", "rate", "waiting"].map((one) => t(`stages.${one}`));
  return h(
    "section",
    { class: "stack tight" },
    h("h3", {}, t("run.stages")),
    h("p", {}, bottleneck(run.stages)),
    h("p", { class: "small quiet" }, t("run.time", { whole: duration(run.seconds), startup: duration(run.startup_s), working: duration(run.working_s) })),
    h("div", { class: "card flush" }, table(t("run.stages"), heads, rows, { numbers: [1, 2, 3, 4, 5] })),
  );
}

function setup(values) {
  return h("details", {}, h("summary", {}, t("run.setup")), h("dl", { class: "facts" }, Object.entries(values).map(([name, value]) => [h("dt", {}, named("setup", name)), h("dd", {}, value)])));
}
