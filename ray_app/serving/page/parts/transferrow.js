// One file on its way into the index: what it is, how far it is, and what can be done about it.

import { h, replace } from "../core/dom.js";
import { fileName, percent, size } from "../core/format.js";
import { named, t } from "../core/i18n.js";
import { busy } from "../core/notices.js";
import { cancel, retry } from "./transfers.js";
import { labelBadge } from "./hit.js";

const LOOKS = { waiting: "", sending: "info", queued: "info", processing: "info", indexed: "good", duplicate: "accent", quarantined: "bad", refused: "bad" };
const LONG = 180;

/** A list item, and `update()` for when the file got on. */
export function transferRow(item) {
  const bar = h("progress", { max: "1", value: "0", "aria-label": t("sending.of", { name: item.file.name }) });
  const share = h("span", { class: "number small quiet" });
  const element = h("li", { class: "transfer" });
  let shown = null;

  function update() {
    bar.value = item.sent;
    replace(share, item.sent < 1 ? percent(item.sent) : t("sending.stored"));
    const now = [item.state, item.about?.outcome, item.about?.title, item.problem, item.pausing].join();
    if (now === shown) return;
    const held = element.contains(document.activeElement);
    shown = now;
    element.dataset.state = item.state;
    replace(element, head(), item.state === "sending" ? h("div", { class: "row sent" }, bar, share) : null, about(), actions());
    if (held) (element.querySelector("button, a") ?? element).focus();
  }

  function head() {
    const name = item.state === "indexed" ? h("a", { href: `/documents/${item.id}`, class: "strong break" }, item.about?.title || item.file.name) : h("span", { class: "strong break" }, item.file.name);
    const label = item.state === "indexed" && item.about?.labels?.[0];
    const state = item.pausing ? "pausing" : item.state;
    return h("div", { class: "row apart" }, name, h("span", { class: "row" }, label ? labelBadge(label) : null, h("span", { class: ["badge", LOOKS[item.state]] }, t(`state.${state}`))));
  }

  function about() {
    const title = item.state === "indexed" && item.about?.title && item.about.title !== item.file.name ? item.file.name : "";
    const facts = [item.folder, title, size(item.file.size)].filter(Boolean).join(" · ");
    return [h("p", { class: "small quiet break" }, facts), problem()];
  }

  function problem() {
    if (item.state === "refused") return told(refusal(item.problem), item.problem.message);
    if (item.state === "duplicate") return same();
    if (item.state !== "quarantined") return null;
    const { stage, reason, detail, stale } = item.about ?? {};
    const where = h("p", { class: "small quiet" }, t("quarantined.where", { stage: named("stage", stage ?? ""), reason: reason ?? "" }));
    return [told(named("reason", reason ?? ""), detail), where, stale ? h("p", { class: "small" }, t("quarantined.stale")) : null];
  }

  function same() {
    const other = item.about?.places?.find((one) => one.document_id !== item.id);
    if (!other) return h("p", { class: "small" }, t("duplicate.how"));
    return h("p", { class: "small" }, t("duplicate.of"), " ", h("a", { href: `/documents/${other.document_id}`, class: "break" }, fileName(other.uri)));
  }

  function actions() {
    const name = item.file.name;
    if (["refused", "quarantined"].includes(item.state)) {
      const again = h("button", { type: "button", "aria-label": t("retry.of", { name }), onclick: () => busy(again, () => retry(item)) }, t("again"));
      const away = item.id ? null : h("button", { type: "button", class: "plain", "aria-label": t("away.of", { name }), onclick: () => cancel(item) }, t("away"));
      return h("div", { class: "row" }, again, away);
    }
    if (!["waiting", "sending"].includes(item.state)) return null;
    return h("div", { class: "row" }, h("button", { type: "button", class: "link small", "aria-label": t("cancel.of", { name }), onclick: () => cancel(item) }, t("cancel")));
  }

  update();
  return { element, update };
}

function refusal({ status, kind }) {
  if (status === 0) return t("refused.unreachable");
  const words = named("refused", kind);
  return words === kind ? t("refused.other") : words;
}

// Some details list all that would have been taken.
function told(what, detail) {
  const words = detail ? h("p", { class: "quiet break" }, detail) : null;
  const more = detail?.length > LONG ? h("details", {}, h("summary", { class: "quiet" }, t("details")), words) : words;
  return h("div", { class: "small" }, h("p", { class: "strong" }, what), more);
}
