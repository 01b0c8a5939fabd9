// What happens in the index, in a short list that grows from above.

import { h, replace } from "../../core/dom.js";
import { since } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { address } from "../../core/router.js";

const SHOWN = 8;

/** A list of the latest events; `add(event)` takes what `core/live.js` gives. Of one run the latest word is kept. */
export function eventList() {
  const list = h("ol", { class: "stack tight", "aria-live": "polite" });
  const none = h("p", { class: "quiet" }, t("now.none"));
  let shown = [];

  function add(event) {
    if (event.topic === "again") return;
    shown = [event, ...shown.filter((one) => keyOf(one) !== keyOf(event))].slice(0, SHOWN);
    none.hidden = true;
    replace(list, shown.map(row));
  }

  return { element: h("section", { class: "stack tight", "aria-labelledby": "now" }, h("h2", { id: "now" }, t("now")), none, list), add };
}

/** An event as a sentence. */
export function told({ topic, source, data }) {
  const values = { job: named("job", data.job), source: source ?? "", n: data.documents ?? data.counts?.documents ?? 0, total: data.total ?? 0, reason: named("reason", data.reason ?? ""), version: data.version ?? "" };
  if (topic === "job") return t(data.state === "running" ? "event.job.running" : `event.job.${data.state}`, values);
  if (topic === "source") return t("event.source", { ...values, state: named("state", data.state) });
  if (topic === "document") return t(`event.document.${data.outcome}`, values);
  return t(`event.${topic}`, values);
}

function row(event) {
  const to = leadsTo(event);
  return h("li", { class: "row" }, h("time", { class: "small quiet nowrap", datetime: event.at }, since(event.at)), to ? h("a", { href: to }, told(event)) : told(event), event.source && event.topic !== "source" ? h("span", { class: "small quiet" }, event.source) : null);
}

function leadsTo({ topic, data }) {
  if (data.run && topic !== "document") return address("/operations", { tab: "jobs", run: data.run });
  if (data.document && data.outcome !== "deleted" && data.outcome !== "erased") return `/documents/${data.document}`;
  return topic === "model" ? "/models" : null;
}

function keyOf({ topic, data }) {
  return data.run && topic === "job" ? `run ${data.run}` : `${topic} ${data.document ?? data.run ?? ""} ${data.outcome ?? data.state ?? ""}`;
}
