// Where personal data is: risk by source as a picture and as a table, and what is mentioned how often.

import { get } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { count } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { address } from "../../core/router.js";
import { may } from "../../core/who.js";
import { table } from "../table.js";

const RISKS = ["high", "sensitive", "personal", "none", "unknown"];

export async function open({ root, signal }) {
  const report = await get("/v1/privacy/report", {}, { signal });
  if (!report.documents) return replace(root, nothing());
  replace(root, totals(report), bySource(report), kinds(report.kinds), watched(report.people), redaction());
  return undefined;
}

function totals(report) {
  const figures = RISKS.filter((risk) => report.risk[risk]).map((risk) =>
    h(leads(risk) ? "a" : "div", { class: ["figure", risk], href: leads(risk) ? address("/", { risk }) : null }, h("strong", {}, count(report.risk[risk])), h("span", {}, named("risk", risk))),
  );
  return h(
    "section",
    { class: "stack", "aria-labelledby": "risk-totals" },
    h("div", { class: "row apart" }, h("h2", { id: "risk-totals" }, t("totals", { n: report.documents })), downloads()),
    h("div", { class: "figures" }, figures),
  );
}

function downloads() {
  const link = (format) => h("a", { class: "button", href: address("/v1/privacy/report", { format }), download: `privacy-report.${format}` }, t(`download.${format}`));
  return h("div", { class: "row" }, link("csv"), link("json"));
}

function bySource(report) {
  const rows = report.sources.map((one) => ({ ...one, total: RISKS.reduce((sum, risk) => sum + one[risk], 0) }));
  const heads = [t("field.source"), ...RISKS.map((risk) => named("risk", risk)), t("all")];
  const cells = rows.map((one) => [sourceLink(one.source), ...RISKS.map((risk) => cell(one, risk)), count(one.total)]);
  return h(
    "section",
    { class: "stack", "aria-labelledby": "risk-sources" },
    h("h2", { id: "risk-sources" }, t("sources")),
    h("p", { class: "quiet" }, t("sources.how")),
    h("ul", { class: "risk-rows" }, rows.map(bar)),
    h("details", {}, h("summary", {}, t("sources.table")), table(t("sources"), heads, cells, { numbers: [1, 2, 3, 4, 5, 6] })),
  );
}

function bar(one) {
  const segments = RISKS.filter((risk) => one[risk]).map((risk) => segment(one, risk));
  return h("li", { class: "risk-row" }, h("div", { class: "row apart" }, sourceLink(one.source), h("span", { class: "small quiet" }, t("documents", { n: one.total }))), h("div", { class: "risk-bar" }, segments));
}

function segment(one, risk) {
  const name = t("segment", { source: one.source, risk: named("risk", risk), n: one[risk] });
  const part = h(leads(risk) ? "a" : "span", { class: ["segment", risk], href: leads(risk) ? to(one.source, risk) : null, title: name }, h("span", { "aria-hidden": "true" }, count(one[risk])), h("span", { class: "visually-hidden" }, name));
  part.style.setProperty("flex-grow", String(one[risk]));
  return part;
}

function cell(one, risk) {
  if (!one[risk]) return "–";
  return leads(risk) ? h("a", { href: to(one.source, risk) }, count(one[risk])) : count(one[risk]);
}

function to(source, risk) {
  return address("/", { source, risk });
}

function sourceLink(source) {
  return h("a", { class: "strong break", href: address("/", { source }) }, source);
}

// What nobody has looked at has no risk to filter by.
function leads(risk) {
  return risk !== "unknown";
}

function kinds(counted) {
  const sorted = Object.entries(counted).sort((one, other) => other[1] - one[1]);
  if (!sorted.length) return null;
  const chips = sorted.map(([kind, n]) => h("li", {}, h("a", { class: "button chip", href: address("/", { entity: kind }) }, h("span", { class: "name" }, named("kind", kind)), h("span", { class: "n" }, count(n)))));
  return h("section", { class: "stack", "aria-labelledby": "kinds" }, h("h2", { id: "kinds" }, t("kinds")), h("p", { class: "quiet" }, t("kinds.how")), h("ul", { class: "row" }, chips));
}

function watched(people) {
  if (!may("admin") || !people?.length) return null;
  const chips = people.map((one) => h("li", {}, h("a", { class: "button chip", href: address("/privacy", { tab: "people", person: one.person }) }, h("span", { class: "name" }, one.name), h("span", { class: "n" }, count(one.documents)))));
  return h("section", { class: "stack", "aria-labelledby": "watched" }, h("h2", { id: "watched" }, t("watched")), h("ul", { class: "row" }, chips));
}

function redaction() {
  return h("p", { class: "note" }, t("redaction"));
}

function nothing() {
  const upload = may("editor") ? h("a", { class: "button", href: "/upload" }, t("nav.upload")) : null;
  return h("div", { class: "empty" }, h("h2", {}, t("nothing")), h("p", {}, t("nothing.do")), upload);
}
