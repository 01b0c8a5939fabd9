// How far a run is: a bar, how many documents a second, what holds it up, and how long it will take.

import { h } from "../../core/dom.js";
import { count, duration } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";

// Older samples say little of how quick it is now.
const WITHIN_S = 60;

/** Documents a second over the latest of `samples` (`{at, done}`, times in seconds), else since the run began. */
function rateOf(samples, started) {
  const last = samples.at(-1);
  if (!last) return 0;
  const first = samples.find((one) => last.at - one.at <= WITHIN_S && one !== last);
  const from = first && last.done > first.done ? first : { at: new Date(started).getTime() / 1000, done: 0 };
  return last.at > from.at ? (last.done - from.done) / (last.at - from.at) : 0;
}

/** The bar with its words for a run's `progress`. */
export function advance(progress, started, samples = [sampleOf(progress)]) {
  const { done, total, more, chunks, quarantined } = progress;
  const rate = rateOf(samples, started);
  const words = [t(more ? "progress.so-far" : "progress", { done, total })];
  if (rate) words.push(t("progress.rate", { rate: count(rate, rate < 10 ? 1 : 0) }));
  if (rate && !more && total > done) words.push(t("progress.left", { time: duration((total - done) / rate) }));
  if (chunks) words.push(t("progress.chunks", { n: chunks }));
  if (quarantined) words.push(t("progress.quarantined", { n: quarantined }));
  return h(
    "div",
    { class: "stack tight" },
    h("progress", { max: Math.max(total, 1), value: done, "aria-label": t("progress.bar") }),
    h("p", { class: "small" }, words.join(" · ")),
    progress.waits_for && done < total ? h("p", { class: "small quiet" }, t("progress.waits", { stage: named("stage", progress.waits_for) })) : null,
  );
}

/** When a run was how far. */
export function sampleOf(progress) {
  return { at: new Date(progress.at).getTime() / 1000, done: progress.done };
}

/** What held an ended run up, in words; "" where nothing was done. */
export function bottleneck(stages) {
  const names = Object.keys(stages);
  const whole = names.reduce((sum, name) => sum + stages[name].seconds, 0);
  if (!whole) return "";
  const slowest = names.reduce((one, other) => (stages[other].seconds / stages[other].workers > stages[one].seconds / stages[one].workers ? other : one));
  const { seconds, parts } = stages[slowest];
  const help = slowest === "extract" && (parts.fetch ?? 0) > seconds / 2 ? "fetch" : slowest;
  return t("bottleneck", { stage: named("stage", slowest), share: Math.round((100 * seconds) / whole), help: named("help", help) });
}
