// How a document came to be what the index says of it.

import { get } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";

/** Fills the section: the latest first. */
export async function historySection({ panel, about, signal }) {
  const { indexed, run, labelled } = await get(`/v1/documents/${about.id}/history`, {}, { signal });
  const lines = labelled.map(stated);
  const read = indexed ? entry(indexed, t("history.indexed"), run ? t("history.run", { run }) : "") : null;
  const all = [...lines, ...(read ? [read] : [])].sort((a, b) => (a.at < b.at ? 1 : -1));
  replace(panel, all.length ? h("ol", { class: "stack tight timeline" }, all.map((one) => one.element)) : h("p", { class: "quiet" }, t("history.none")));
}

function stated({ at, who, labels, before }) {
  const what = labels.length ? t("history.stated", { labels: labels.join(", "), who }) : t("history.withdrawn", { who });
  return entry(at, what, before.length ? t("history.before", { labels: before.join(", ") }) : "");
}

function entry(at, what, more) {
  return { at, element: h("li", {}, h("time", { class: "quiet small", datetime: at }, moment(at)), h("p", { class: "break" }, what), more ? h("p", { class: "quiet small break" }, more) : null) };
}
