// One job, or one run: how far it is, what came of it, its log.

import { get, send } from "../../core/api.js";
import { confirm } from "../../core/confirm.js";
import { h, on, replace } from "../../core/dom.js";
import { duration, moment } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { busy, trouble } from "../../core/notices.js";
import { address, go } from "../../core/router.js";
import { redraw } from "../keepfocus.js";
import { waiting } from "../tabbed.js";
import { jobLog } from "./joblog.js";
import { advance, sampleOf } from "./progress.js";
import { results } from "./runresult.js";
import { stateBadge } from "./statebadge.js";

const POLL_MS = 2000;
const ACTIVE = ["running", "pending"];
// A run that lives writes how far it is every few seconds.
const FRESH_MS = 60_000;
const LATEST = 200;

/** Fills `root` for a job's id, or for a run's that was none. It follows the job until it ends. */
export async function jobDetail({ root, job: jobId, run: runId, signal }) {
  const samples = [];
  const status = h("section", { class: "card stack", "aria-label": t("job.one") });
  const outcome = h("div", { class: "stack" });
  const log = h("div", {});
  let timer = null;
  let following = false;
  on(signal, "abort", () => clearTimeout(timer));
  replace(root, h("p", {}, h("a", { href: address("/operations", { tab: "jobs" }) }, `← ${t("jobs.all")}`)), status, outcome, log);
  replace(status, waiting());

  async function poll() {
    clearTimeout(timer);
    let active = true;
    try {
      const { job, run } = await found();
      const state = job?.state ?? run.state;
      active = ACTIVE.includes(state);
      draw(job, run, state);
    } catch (error) {
      if (error.name === "AbortError") return;
      active = error.passing ?? false;
      if (!status.querySelector("h2")) replace(status, trouble(error, { again: poll }));
    }
    if (active && !signal.aborted) timer = setTimeout(poll, POLL_MS);
  }

  async function found() {
    if (!jobId) {
      const run = await runOf(runId);
      if (!run.submission) return { job: null, run };
      jobId = run.submission;
    }
    try {
      const job = await get(`/v1/jobs/${jobId}`, {}, { signal });
      const last = job.runs.at(-1);
      return { job, run: last ? await runOf(last.id) : null };
    } catch (error) {
      if (error.name === "AbortError") throw error;
      if (error.status !== 404 && !runId) throw error;
      return { job: null, run: await runOf(runId ?? (await runOfJob(error))) }; // Ray has forgotten the job, the index has not
    }
  }

  async function runOfJob(error) {
    const { runs } = await get("/v1/runs", { limit: LATEST }, { signal });
    const made = runs.find((one) => one.submission === jobId);
    if (!made) throw error;
    return made.id;
  }

  // Asked for alone, a run at work may be watched for a while before the answer comes: the list has it at once.
  async function runOf(id) {
    const { runs } = await get("/v1/runs", { limit: LATEST }, { signal });
    const listed = runs.find((one) => one.id === id);
    const lives = listed?.state === "running" && Date.now() - new Date(listed.progress?.at ?? listed.started) < FRESH_MS;
    return listed && (lives || listed.state !== "running") ? listed : get(`/v1/runs/${id}`, {}, { signal });
  }

  function draw(job, run, state) {
    const progress = run?.progress;
    if (progress && samples.at(-1)?.done !== progress.done) samples.push(sampleOf(progress));
    const active = ACTIVE.includes(state);
    const name = named("job", job?.job ?? run.job);
    document.title = `${name} – ${t("title")} – ray-app`;
    const [started, ended] = [job?.started ?? run?.started, job?.ended ?? run?.finished];
    redraw(
      status,
      h("div", { class: "row apart" }, h("h2", {}, name), stateBadge(state)),
      active && progress ? advance(progress, run.started, samples) : active ? h("p", { class: "quiet" }, t("job.starting")) : null,
      h("dl", { class: "facts" }, facts({ id: job?.id ?? run.id, what: job ? job.arguments.join(" ") : run.uris.join(" "), started: moment(started), took: started && ended ? duration((new Date(ended) - new Date(started)) / 1000) : "", by: job?.submitted_by })),
      active && job ? h("div", { class: "row" }, h("button", { type: "button", class: "danger", onclick: (event) => cancel(event.currentTarget) }, t("job.cancel"))) : null,
    );
    replace(outcome, refused(job, run), results(job, run, state));
    if (job && !following) follow();
  }

  function follow() {
    following = true;
    const shown = jobLog(jobId, { signal, ended: poll });
    replace(log, shown.element);
  }

  async function cancel(button) {
    if (!(await confirm(t("job.cancel.ask"), { yes: t("job.cancel"), more: h("p", {}, t("job.cancel.more")) }))) return;
    if (await busy(button, () => send("POST", `/v1/jobs/${jobId}/cancel`))) await poll();
  }

  // So much of a source was gone that its crawl deleted nothing: whether that is right only a person knows.
  function refused(job, run) {
    if (job?.job !== "crawl" || !run?.detail.startsWith("DeletionRefusedError")) return null;
    const force = async (event) => {
      if (!(await confirm(t("refused.ask", { name: job.arguments[0] }), { yes: t("refused.force"), more: h("p", {}, t("refused.more")) }))) return;
      const fresh = await busy(event.target, () => send("POST", `/v1/sources/${encodeURIComponent(job.arguments[0])}/crawl`, { force: true }));
      if (fresh) go(address("/operations", { tab: "jobs", job: fresh.id }));
    };
    return h("div", { class: "note warn" }, h("h3", {}, t("refused")), h("p", {}, t("refused.how")), h("p", { class: "small", lang: "en" }, run.detail.replace(/^\w+: /, "")), h("button", { type: "button", class: "danger", onclick: force }, t("refused.force")));
  }

  await poll();
}

function facts(values) {
  return Object.entries(values).filter(([, value]) => value).map(([name, value]) => [h("dt", {}, t(`job.${name}`)), h("dd", {}, value)]);
}
