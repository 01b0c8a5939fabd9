// Documents that could not be indexed: why, what to do about it, and another try.

import { get, send } from "../../core/api.js";
import { confirm } from "../../core/confirm.js";
import { h, on, replace } from "../../core/dom.js";
import { count, fileName, size, since } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { listen } from "../../core/live.js";
import { busy, toast } from "../../core/notices.js";
import { address, go } from "../../core/router.js";
import { may } from "../../core/who.js";
import { redraw } from "../keepfocus.js";

const AGAIN_MS = 1500;
const PAGE = 50;

export async function open({ root, query, signal }) {
  let reason = query.get("reason");
  let timer = null;
  let shown = [];
  let next = null;
  on(signal, "abort", () => clearTimeout(timer));
  const side = h("nav", { class: "stack tight", "aria-label": t("quarantine.reasons") });
  const head = h("div", { class: "stack tight" });
  const list = h("ul", { class: "stack tight", "aria-label": t("quarantine.documents") });
  const foot = h("div", { class: "foot" });

  async function draw() {
    const figures = await get("/v1/quarantine", {}, { signal });
    if (!figures.documents) return replace(root, h("div", { class: "empty" }, h("h2", {}, t("quarantine.none")), h("p", {}, t("quarantine.none.do"))));
    const page = await get("/v1/documents", asked(), { signal });
    [shown, next] = [page.documents, page.next];
    redraw(side, pick(null, t("quarantine.all"), figures.documents), figures.reasons.map((one) => pick(one.reason, named("reason", one.reason), one.documents, named("stage", one.stage))));
    redraw(head, heading(figures));
    redraw(list, shown.map(card));
    drawFoot();
    if (!root.querySelector(".split")) replace(root, h("div", { class: "split" }, side, h("section", { class: "stack" }, head, list, foot)));
    return undefined;
  }

  function asked(cursor = null) {
    return { outcome: "quarantined", reason, limit: PAGE, cursor };
  }

  function pick(value, name, n, below = "") {
    const current = (value ?? null) === (reason ?? null) ? "true" : null;
    const link = h("a", { href: address("/operations", { tab: "quarantine", reason: value }), "aria-current": current }, h("span", {}, name), h("span", { class: "quiet" }, count(n)), below ? h("span", { class: "small" }, below) : null);
    return h("div", { class: "picks" }, link);
  }

  function heading(figures) {
    const mine = figures.reasons.filter((one) => one.reason === reason);
    const n = reason ? mine.reduce((sum, one) => sum + one.documents, 0) : figures.documents;
    const retry = may("admin") && n ? h("button", { type: "button", onclick: (event) => retryAll(n, event.currentTarget) }, t(reason ? "retry.reason" : "retry.all")) : null;
    const advice = mine.length ? h("p", { class: "note" }, t(`advice.${reason}`) === `advice.${reason}` ? h("span", { lang: "en" }, mine[0].advice) : t(`advice.${reason}`)) : null;
    const explained = may("admin") ? null : h("p", { class: "small quiet" }, t(may("editor") ? "retry.admin" : "retry.editor"));
    return [h("div", { class: "row apart" }, h("h2", {}, reason ? named("reason", reason) : t("quarantine.all")), retry), advice, explained];
  }

  function card(one) {
    const retry = may("editor") ? h("button", { type: "button", "aria-label": t("retry.of", { name: fileName(one.uri) }), onclick: (event) => retryOne(one, event.currentTarget) }, t("retry")) : null;
    const long = (one.detail ?? "").length > 160;
    return h(
      "li",
      { class: "hit", "data-id": one.id },
      h("div", { class: "row apart" }, h("h3", {}, h("a", { class: "break", href: `/documents/${one.id}` }, fileName(one.uri))), retry),
      h("div", { class: "facts-line" }, h("span", { class: "badge bad" }, named("reason", one.reason)), h("span", {}, named("stage", one.stage)), h("span", {}, one.source), h("span", {}, size(one.size)), h("span", {}, since(one.updated)), one.stale ? h("span", {}, t("quarantine.stale")) : null),
      one.detail ? (long ? h("details", {}, h("summary", { class: "small" }, t("quarantine.detail")), h("pre", { lang: "en" }, one.detail)) : h("p", { class: "mono break", lang: "en" }, one.detail)) : null,
      h("p", { class: "small quiet break" }, one.uri),
    );
  }

  function drawFoot() {
    replace(foot, next ? h("button", { type: "button", onclick: (event) => busy(event.currentTarget, more) }, t("more")) : []);
  }

  async function more() {
    const page = await get("/v1/documents", asked(next), { signal });
    shown.push(...page.documents);
    next = page.next;
    list.append(...page.documents.map(card));
    drawFoot();
  }

  async function retryOne(one, button) {
    const again = await busy(button, async () => send("POST", `/v1/documents/${await outermost(one)}/reprocess`));
    if (!again) return;
    button.disabled = true;
    button.textContent = t("retry.waits");
    toast(t("retry.queued", { name: fileName(again.uri) }));
  }

  // What lies inside another document is tried again together with it.
  async function outermost(one) {
    let top = one;
    while (top.parent) top = await get(`/v1/documents/${top.parent}`, {}, { signal });
    return top.id;
  }

  async function retryAll(n, button) {
    if (!(await confirm(t("retry.ask", { n }), { yes: t("retry.yes"), danger: false, more: h("p", {}, t("retry.ask.more")) }))) return;
    const job = await busy(button, () => send("POST", "/v1/jobs", { job: "retry", arguments: reason ? ["--reason", reason] : ["--all"] }));
    if (job) go(address("/operations", { tab: "jobs", job: job.id }));
  }

  async function update(fresh) {
    reason = fresh.get("reason");
    await draw();
  }

  listen(["document", "job"], () => (clearTimeout(timer), (timer = setTimeout(() => draw().catch(() => {}), AGAIN_MS))), signal);
  await draw();
  return { update };
}
