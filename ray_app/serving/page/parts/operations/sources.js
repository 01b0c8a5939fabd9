// Sources on record: when each was crawled, what is wanted of it, and what can be done with it.

import { get, send } from "../../core/api.js";
import { confirm } from "../../core/confirm.js";
import { h, on } from "../../core/dom.js";
import { moment, since } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { listen } from "../../core/live.js";
import { busy, toast } from "../../core/notices.js";
import { address, go } from "../../core/router.js";
import { may } from "../../core/who.js";
import { redraw } from "../keepfocus.js";
import { needs } from "../tabbed.js";
import { editSource, sourceFacts, testSource } from "./sourceform.js";

const AGAIN_MS = 1500;

export async function open({ root, signal }) {
  let timer = null;
  on(signal, "abort", () => clearTimeout(timer));

  async function draw() {
    const [{ sources }, stats] = await Promise.all([get("/v1/sources", {}, { signal }), get("/v1/stats", {}, { signal })]);
    const counted = stats.documents.by_source;
    const named = new Set(sources.map((one) => one.name));
    const others = Object.keys(counted).filter((name) => !named.has(name));
    const add = may("admin") ? h("button", { type: "button", class: "primary", onclick: () => edit(null) }, t("source.add")) : null;
    redraw(
      root,
      may("admin") ? null : needs("admin"),
      h("div", { class: "row apart" }, h("p", { class: "quiet", role: "status" }, t("sources.count", { n: sources.length })), add),
      sources.length ? h("ul", { class: "stack tight" }, sources.map((one) => card(one, counted[one.name] ?? 0))) : h("div", { class: "empty" }, h("h2", {}, t("sources.none")), h("p", {}, t("sources.none.do"))),
      others.length ? unnamed(others, counted) : null,
    );
  }

  function card(source, n) {
    const crawled = source.crawled ? h("span", { title: moment(source.crawled) }, t("source.crawled", { when: since(source.crawled) })) : h("span", {}, t("source.never"));
    return h(
      "li",
      { class: "card stack tight" },
      h("div", { class: "row apart" }, h("h2", {}, h("a", { href: address("/", { source: source.name }) }, source.name)), source.due ? h("span", { class: "badge warn" }, t("source.due")) : null),
      h("p", { class: "mono break" }, source.uri),
      h("div", { class: "facts-line" }, h("span", {}, t("documents", { n })), crawled, h("span", {}, source.schedule ? t("source.when", { schedule: source.schedule }) : t("source.when.never"))),
      sourceFacts(source),
      may("admin") ? h("div", { class: "row" }, buttons(source)) : null,
    );
  }

  function buttons(source) {
    const button = (name, act, kind = "") => h("button", { type: "button", class: kind, "aria-label": `${t(`source.${name}`)}: ${source.name}`, onclick: (event) => act(source, event.currentTarget) }, t(`source.${name}`));
    return [button("crawl", crawl), button("test", testSource), button("edit", edit), button("remove", remove, "danger")];
  }

  async function edit(source) {
    const saved = await editSource(source);
    if (!saved) return;
    toast(t("source.saved", { name: saved.name }));
    await draw();
  }

  async function crawl(source, button) {
    const job = await busy(button, () => send("POST", `/v1/sources/${encodeURIComponent(source.name)}/crawl`, {}));
    if (job) go(address("/operations", { tab: "jobs", job: job.id }));
  }

  async function remove(source, button) {
    if (!(await confirm(t("source.remove.ask", { name: source.name }), { yes: t("source.remove"), more: h("p", {}, t("source.remove.more")) }))) return;
    const job = await busy(button, () => send("DELETE", `/v1/sources/${encodeURIComponent(source.name)}`));
    if (job) go(address("/operations", { tab: "jobs", job: job.id }));
  }

  await draw();
  listen(["source"], () => (clearTimeout(timer), (timer = setTimeout(() => draw().catch(() => {}), AGAIN_MS))), signal);
}

// Documents may come from a place that is on no record: an ingest of a folder, or uploads.
function unnamed(names, counted) {
  const items = names.map((name) => h("li", {}, h("a", { class: "button chip", href: address("/", { source: name }) }, h("span", { class: "name" }, name), h("span", { class: "n" }, counted[name]))));
  return h("section", { class: "stack tight", "aria-labelledby": "unnamed" }, h("h2", { id: "unnamed" }, t("sources.others")), h("p", { class: "quiet" }, t("sources.others.how")), h("ul", { class: "row" }, items));
}
