// Models: the versions of the classifier, how good each is, which one is in use, and the training of the next.

import { get, send } from "../core/api.js";
import { confirm } from "../core/confirm.js";
import { h, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { listen } from "../core/live.js";
import { busy, sentence, toast, trouble } from "../core/notices.js";
import { address, go } from "../core/router.js";
import { may } from "../core/who.js";
import { jobPanel } from "../parts/jobpanel.js";
import { TABS } from "../parts/modelreport.js";
import { comparison } from "../parts/modelcompare.js";
import { modelTable } from "../parts/modeltable.js";
import { trainForm } from "../parts/trainform.js";

const JOBS = ["train", "backfill"];

export async function open({ root, query, signal }) {
  document.title = `${t("models.title")} – ray-app`;
  if (!may("admin")) return replace(root, h("h1", {}, t("models.title")), h("div", { class: "note warn" }, h("p", {}, t("models.admins"))));
  let state = asked(query);
  let models = [];
  let panel = null;
  let drawn = null;
  const manifests = new Map();

  const work = h("div", { class: "stack" });
  const detail = h("section", { class: "stack", "aria-label": t("report") });
  const form = trainForm({ start: (given) => submit("train", given), signal });
  form.element.hidden = true;
  const table = modelTable({ promote, rollback, backfill, train: form.element });
  replace(root, h("h1", {}, t("models.title")), table.element, form.element, work, detail);
  listen(["model"], (event) => event.topic === "model" && load(), signal);

  async function load() {
    try {
      models = (await get("/v1/models", {}, { signal })).models.reverse();
      table.show(models, state);
    } catch (error) {
      if (error.name !== "AbortError") table.fail(trouble(error, { again: load }));
      return;
    }
    await show();
  }

  /** The report of the version that the address names, else of the one in use. */
  async function show() {
    const version = state.version || models.find((one) => one.in_use)?.version || models[0]?.version;
    const key = [version, state.with, state.tab].join();
    if (!version) return replace(detail);
    if (key === drawn) return undefined;
    drawn = key;
    detail.setAttribute("aria-busy", "true");
    try {
      const [one, other] = await Promise.all([manifest(version), state.with ? manifest(state.with) : null]);
      if (drawn === key) draw(one, other);
    } catch (error) {
      if (error.name !== "AbortError") replace(detail, trouble(error, { again: () => ((drawn = null), show()) }));
    } finally {
      detail.removeAttribute("aria-busy");
    }
    return undefined;
  }

  function manifest(version) {
    if (!manifests.has(version)) manifests.set(version, get(`/v1/models/${encodeURIComponent(version)}`, {}, { signal }).catch((error) => (manifests.delete(version), Promise.reject(error))));
    return manifests.get(version);
  }

  function draw(one, other) {
    const others = models.filter(({ version }) => version !== one.version);
    const tab = other ? "compare" : state.tab;
    const link = (name, to) => h("a", { href: at({ version: one.version, ...to }), "aria-current": name === tab ? "page" : null }, t(`tab.${name}`));
    const tabs = [...Object.keys(TABS).map((name) => link(name, { tab: name === "overview" ? "" : name })), others.length ? link("compare", { with: other?.version ?? (others.find((each) => each.in_use) ?? others[0]).version }) : null];
    const held = detail.contains(document.activeElement) && document.activeElement.closest(".tabs");
    replace(detail, h("h2", { class: "break" }, t("report.of", { version: one.version })), h("nav", { class: "tabs", "aria-label": t("report") }, tabs), other ? [against(one, others), comparison(other, one)] : TABS[tab](one));
    if (held) detail.querySelector(".tabs [aria-current]")?.focus();
  }

  function against(one, others) {
    const options = others.map(({ version, in_use: used }) => h("option", { value: version, selected: version === state.with }, used ? t("compare.used", { version }) : version));
    return h("label", { class: "narrow" }, h("span", {}, t("compare.with")), h("select", { onchange: (event) => go(at({ version: one.version, with: event.target.value })) }, options));
  }

  function at(to) {
    return address("/models", { job: state.job, ...to });
  }

  async function promote(version, button) {
    if (!(await confirm(t("promote.sure", { version }), { yes: t("promote"), danger: false, more: h("p", {}, t("promote.how")) }))) return;
    await used(button, () => send("POST", `/v1/models/${encodeURIComponent(version)}/promote`));
  }

  async function rollback(button) {
    if (!(await confirm(t("rollback.sure"), { yes: t("rollback"), danger: false, more: h("p", {}, t("promote.how")) }))) return;
    await used(button, () => send("POST", "/v1/models/rollback"));
  }

  async function used(button, ask) {
    const now = await busy(button, ask);
    if (!now) return;
    toast(t("promoted", { version: now.version }));
    await load();
  }

  async function backfill() {
    if (await confirm(t("backfill.sure"), { yes: t("backfill"), danger: false, more: h("p", {}, t("backfill.how")) })) await submit("backfill", ["labels"]);
  }

  async function submit(job, given) {
    try {
      const started = await send("POST", "/v1/jobs", { job, arguments: given }, { signal });
      follow(started);
      table.shut();
      go(at({ ...state, tab: state.tab === "overview" ? "" : state.tab, job: started.id }), { instead: true });
      panel.element.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error.name !== "AbortError") replace(work, trouble(error, { again: () => submit(job, given) }));
    }
  }

  function follow(job) {
    panel?.close();
    panel = jobPanel(job, { signal, ended });
    panel.id = job.id;
    replace(work, panel.element);
  }

  async function ended(job) {
    toast(t(`ended.${job.state}`, { what: t(`job.${job.job}`) }));
    if (job.job !== "train" || job.state !== "finished") return;
    drawn = null;
    await load();
  }

  // The job that the address names, else the one that is at work.
  async function resume() {
    try {
      if (state.job) {
        if (panel?.id !== state.job) follow(await get(`/v1/jobs/${encodeURIComponent(state.job)}`, {}, { signal }));
        return;
      }
      const { submitted } = await get("/v1/jobs", {}, { signal });
      const running = submitted.find((one) => JOBS.includes(one.job) && ["pending", "running"].includes(one.state));
      if (running && !panel) follow(running);
    } catch (error) {
      if (error.name !== "AbortError") replace(work, h("div", { class: "note warn" }, h("p", {}, sentence(error))));
    }
  }

  function update(fresh) {
    state = asked(fresh);
    table.show(models, state);
    resume();
    return show();
  }

  resume();
  await load();
  return { update };
}

function asked(query) {
  const tab = query.get("tab");
  return { version: query.get("version") ?? "", with: query.get("with") ?? "", tab: tab in TABS ? tab : "overview", job: query.get("job") ?? "" };
}
