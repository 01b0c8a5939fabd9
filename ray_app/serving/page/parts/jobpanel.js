// A job while it works: what it says, how far it is, and a way to end it.

import { get, send, stream } from "../core/api.js";
import { confirm } from "../core/confirm.js";
import { h, replace } from "../core/dom.js";
import { count, duration, moment } from "../core/format.js";
import { t } from "../core/i18n.js";
import { busy, sentence } from "../core/notices.js";

const ENDED = ["finished", "failed", "cancelled"];
const LOOKS = { pending: "info", running: "info", finished: "good", failed: "bad", cancelled: "warn" };
const POLL_MS = 3000;
const PAUSE_MS = 2000;
const MOST_CHARS = 60000;
const OF_RAY = /^(\[?\d{4}-|Running entrypoint)/;
const COLOURS = /\x1b\[[0-9;]*[A-Za-z]/g;

/** The panel of a job; `ended(job)` is called where it ends while it is shown. */
export function jobPanel(first, { signal, ended }) {
  let job = first;
  let log = "";
  const stop = new AbortController();
  const clock = setInterval(tick, 1000);
  const poll = setInterval(look, POLL_MS);
  const badge = h("span", { class: "badge" });
  const time = h("span", { class: "small quiet number" });
  const bar = h("progress", { "aria-label": t("job.progress") });
  const last = h("p", { class: "break", role: "status" });
  const lines = h("pre", { class: "log", tabindex: "0", role: "log", "aria-live": "off", "aria-label": t("job.log") });
  const cancel = h("button", { type: "button", class: "danger", onclick: end }, t("job.cancel"));
  const element = h(
    "section",
    { class: "card stack tight", "aria-label": t(`job.${job.job}`) },
    h("div", { class: "row apart" }, h("div", { class: "row" }, h("h3", {}, t(`job.${job.job}`)), badge, time), cancel),
    h("p", { class: "small quiet break" }, t("job.by", { who: job.submitted_by, when: moment(job.started) }), job.arguments.length ? h("code", {}, ` ${job.arguments.join(" ")}`) : null),
    bar,
    last,
    h("details", { open: !ENDED.includes(job.state) }, h("summary", { class: "small" }, t("job.log")), lines),
  );
  signal.addEventListener("abort", quiet);

  function quiet() {
    stop.abort();
    clearInterval(clock);
    clearInterval(poll);
  }

  function draw() {
    const over = ENDED.includes(job.state);
    badge.className = `badge ${LOOKS[job.state]}`;
    replace(badge, t(`job.state.${job.state}`));
    cancel.hidden = over;
    const progress = job.runs?.find((one) => one.progress)?.progress;
    bar.hidden = over;
    if (progress?.total) Object.assign(bar, { max: progress.total, value: progress.done });
    else bar.removeAttribute("value");
    replace(last, progress && !over ? t("job.done", { n: progress.total, done: count(progress.done) }) : said(over));
    last.classList.toggle("strong", job.state === "failed");
    tick();
  }

  // A job that went well has said all in what it made.
  function said(over) {
    if (over && job.state !== "failed") return "";
    const line = log.split("\n").findLast((one) => one.trim() && !OF_RAY.test(one));
    return line ?? (over ? job.message : "");
  }

  function tick() {
    if (!job.started) return;
    replace(time, duration((new Date(job.ended ?? Date.now()) - new Date(job.started)) / 1000));
  }

  function take(text) {
    log = (log + text.replace(COLOURS, "")).slice(-MOST_CHARS);
    const below = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 8;
    replace(lines, log);
    if (below) lines.scrollTop = lines.scrollHeight;
    draw();
  }

  async function look() {
    if (ENDED.includes(job.state)) return;
    await get(`/v1/jobs/${job.id}`, {}, { signal: stop.signal }).then(now, () => {}); // asked again soon
  }

  function now(fresh) {
    const over = !ENDED.includes(job.state) && ENDED.includes(fresh.state);
    job = fresh;
    draw();
    if (!over) return;
    clearInterval(clock);
    clearInterval(poll);
    ended(job);
  }

  // The stream ends with the job. One that breaks off begins anew, with the whole log.
  async function follow() {
    for (;;) {
      try {
        log = "";
        for await (const { event, data } of stream(`/v1/jobs/${job.id}/logs`, undefined, { signal: stop.signal })) {
          if (event === "log") take(data.text);
          else if (event === "done") return now(data);
          else if (event === "error") throw Object.assign(new Error(data.detail), data);
        }
      } catch (error) {
        if (stop.signal.aborted) return undefined;
        if (error.status === 404 || ENDED.includes(job.state)) return replace(last, sentence(error));
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (stop.signal.aborted) return undefined;
    }
  }

  async function end() {
    if (!(await confirm(t("job.cancel.sure"), { yes: t("job.cancel") }))) return;
    const fresh = await busy(cancel, () => send("POST", `/v1/jobs/${job.id}/cancel`));
    if (fresh) now(fresh);
  }

  draw();
  follow();
  return { element, close: quiet };
}
