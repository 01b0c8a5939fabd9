// What a document is, in a few lines, and what can be done with it.

import { send } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { count, day, fileName, languageName } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { busy, toast } from "../../core/notices.js";
import { may } from "../../core/who.js";
import { labelBadge } from "../hit.js";
import { shownValue } from "../query.js";

const RISKS = { none: "good", personal: "info", sensitive: "warn", high: "bad" };

/** How a document is called. */
export function titleOf(about) {
  return about.title || fileName(about.uri);
}

/** Its title, its facts in one line, and the buttons `actions`. */
export function head(about, actions) {
  const label = about.labels[0];
  return h(
    "div",
    { class: "stack tight" },
    h("div", { class: "row apart headline" }, h("h1", { class: "title", dir: "auto" }, titleOf(about)), h("div", { class: "row" }, actions)),
    h(
      "div",
      { class: "facts-line" },
      label ? labelBadge(label) : null,
      about.risk ? riskBadge(about.risk) : null,
      about.media_type ? h("span", {}, shownValue("media_type", about.media_type)) : null,
      about.pages > 1 ? h("span", {}, t("pages", { n: about.pages })) : null,
      about.language ? h("span", {}, languageName(about.language)) : null,
      about.date ? h("time", { datetime: about.date }, day(about.date)) : null,
      h("span", { class: "break" }, about.source),
      h("bdi", { class: "break" }, fileName(about.uri)),
    ),
  );
}

/** A risk with its colour. */
export function riskBadge(risk) {
  return h("span", { class: ["badge", RISKS[risk]] }, named("risk", risk));
}

/** What is to be known before anything of it is believed: that it waits, failed, is old, or was read in part only. */
export function warnings(about, changed) {
  const waits = about.outcome === "queued" || about.outcome === "processing";
  return [
    waits ? note("", t(`outcome.${about.outcome}`), about.detail || t("outcome.waits")) : null,
    about.outcome === "quarantined" ? failure(about, changed) : null,
    about.pages_not_read ? note("warn", t("not-read"), about.pages_not_read) : null,
    about.has_text === false ? note("warn", t("no-text"), t("no-text.why")) : null,
    about.plain ? note("", t("plain"), t("plain.why", { language: languageName(about.language || "") })) : null,
  ].filter(Boolean);
}

function failure({ id, stale, parent, reason, stage, detail }, changed) {
  const known = named("failed", reason);
  const exact = h("span", { class: "small quiet" }, `${detail ?? ""} ${t("failed.code", { stage: stage ?? "", reason: reason ?? "" })}`);
  return note("bad", t(stale ? "failed.stale" : "failed"), [known === reason ? null : [known, h("br")], exact], may("editor") && !parent ? retry(id, changed) : null);
}

/** Has it read once more. */
export function retry(id, changed) {
  const again = async () => {
    await send("POST", `/v1/documents/${id}/reprocess`);
    toast(t("retry.done"));
    changed();
  };
  return h("button", { type: "button", onclick: (event) => busy(event.currentTarget, again) }, t("retry"));
}

/** A link to the original, which says so where that is gone. */
export function download(about) {
  const address = `/v1/documents/${about.id}/original`;
  const link = h("a", { class: "button", href: address, download: fileName(about.uri), onclick: look }, t("download"));
  let looked = false;

  // A download that fails tells people nothing: ask first.
  async function look(event) {
    if (looked) return;
    event.preventDefault();
    const answer = await fetch(address, { method: "HEAD" }).catch(() => null);
    if (answer?.ok) {
      looked = true;
      link.click();
      looked = false;
    } else toast(t(answer?.status === 410 ? "original.gone" : "download.failed"));
  }

  return link;
}

function note(kind, what, why, more = null) {
  return h("div", { class: ["note", kind] }, h("p", { class: "strong" }, what), h("p", {}, why), more);
}

/** How often something stands there. */
export function times(n) {
  return `×${count(n)}`;
}
