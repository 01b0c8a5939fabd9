// Jobs and runs: what is at work, what was, and how to start one.

import { get } from "../../core/api.js";
import { h, on } from "../../core/dom.js";
import { count, duration, moment, since } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { listen } from "../../core/live.js";
import { sentence } from "../../core/notices.js";
import { address, go } from "../../core/router.js";
import { redraw } from "../keepfocus.js";
import { table } from "../table.js";
import { jobDetail } from "./jobdetail.js";
import { startJob } from "./jobform.js";
import { advance } from "./progress.js";
import { stateBadge } from "./statebadge.js";

const AGAIN_MS = 1500;
const SHOWN = 50;

export async function open({ root, query, signal }) {
  let timer = null;
  let inner = null;
  on(signal, "abort", () => (clearTimeout(timer), inner?.abort()));
  listen(["job"], () => (clearTimeout(timer), (timer = setTimeout(again, AGAIN_MS))), signal);

  // A single job looks after itself.
  const again = () => inner ?? list().catch(() => {});

  async function list() {
    const [jobs, runs] = await Promise.all([get("/v1/jobs", { limit: SHOWN }, { signal }).catch(missing), get("/v1/runs", { limit: SHOWN }, { signal })]);
    const all = merged(jobs.submitted, runs.runs);
    const now = all.filter((one) => ["running", "pending"].includes(one.state));
    const past = all.filter((one) => !now.includes(one));
    const begin = h("button", { type: "button", class: "primary", disabled: !jobs.kinds.length, onclick: () => start(jobs.kinds) }, t("job.start"));
    redraw(
      root,
      jobs.why ? h("p", { class: "note warn" }, t("jobs.away"), " ", jobs.why) : null,
      h("div", { class: "row apart" }, h("p", { class: "quiet", role: "status" }, t("jobs.now", { n: now.length })), begin),
      now.length ? h("ul", { class: "stack tight", "aria-label": t("jobs.now.title") }, now.map(card)) : null,
      h("h2", {}, t("jobs.past")),
      past.length ? h("div", { class: "card flush" }, table(t("jobs.past"), ["job", "state", "started", "took", "documents", "by"].map((one) => t(`job.${one}`)), past.map(row), { numbers: [3, 4] })) : h("p", { class: "quiet" }, t("jobs.none")),
    );
  }

  function missing(error) {
    if (error.name === "AbortError") throw error;
    return { kinds: [], submitted: [], why: sentence(error) };
  }

  async function start(kinds) {
    const job = await startJob(kinds);
    if (job) go(address("/operations", { tab: "jobs", job: job.id }));
  }

  async function update(fresh) {
    inner?.abort();
    inner = null;
    const [job, run] = [fresh.get("job"), fresh.get("run")];
    if (!job && !run) return list();
    inner = new AbortController();
    return jobDetail({ root, job, run, signal: inner.signal });
  }

  await update(query);
  return { update };
}

// A run that a job made is told with the job; others were begun from a terminal.
function merged(jobs, runs) {
  const submitted = jobs.map((job) => {
    const run = runs.find((one) => one.submission === job.id);
    return { key: { job: job.id }, kind: job.job, what: job.arguments.join(" "), state: job.state, started: job.started, ended: job.ended, by: job.submitted_by, run };
  });
  const known = new Set(jobs.map((job) => job.id));
  const others = runs.filter((run) => !known.has(run.submission)).map((run) => ({ key: { run: run.id }, kind: run.job, what: run.uris.join(" "), state: run.state, started: run.started, ended: run.finished, by: "", run }));
  return [...submitted, ...others].sort((one, other) => String(other.started ?? "9").localeCompare(String(one.started ?? "9")));
}

function card(one) {
  return h("li", { class: "card stack tight" }, h("div", { class: "row apart" }, h("h3", {}, link(one)), stateBadge(one.state)), one.what ? h("p", { class: "small quiet break" }, one.what) : null, one.run?.progress ? advance(one.run.progress, one.run.started) : null);
}

function row(one) {
  const seconds = one.started && one.ended ? (new Date(one.ended) - new Date(one.started)) / 1000 : null;
  const documents = one.run?.counts.documents ?? one.run?.progress?.done;
  const started = one.started ? h("time", { datetime: one.started, title: moment(one.started) }, since(one.started)) : "–";
  return [h("div", {}, link(one), one.what ? h("div", { class: "small quiet break" }, one.what) : null), stateBadge(one.state), started, seconds === null ? "–" : duration(seconds), documents === undefined ? "–" : count(documents), one.by || t("job.by.terminal")];
}

function link(one) {
  return h("a", { href: address("/operations", { tab: "jobs", ...one.key }) }, named("job", one.kind));
}
