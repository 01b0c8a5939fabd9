// The watch list: who is looked for, and where each of them is named.

import { get, send } from "../../core/api.js";
import { h, on, replace } from "../../core/dom.js";
import { confirm } from "../../core/confirm.js";
import { t } from "../../core/i18n.js";
import { listen } from "../../core/live.js";
import { busy, toast } from "../../core/notices.js";
import { address, go } from "../../core/router.js";
import { ask } from "../formdialog.js";
import { redraw } from "../keepfocus.js";
import { waiting } from "../tabbed.js";
import { foundList } from "./found.js";
import { personFacts, personFields, stateBadge } from "./person.js";

const AGAIN_MS = 2000;
// Nothing is drawn anew below somebody who has chosen documents, or looks at a proof.
const KEPT = "li.found input:checked, .note";

export async function open({ root, query, signal }) {
  let chosen = query.get("person");
  let timer = null;
  on(signal, "abort", () => clearTimeout(timer));
  listen(["privacy"], later, signal);

  async function draw() {
    const { people } = await get("/v1/watch", {}, { signal });
    const person = people.find((one) => one.id === chosen);
    if (chosen && person) await showPerson(person);
    else redraw(root, head(people), people.length ? h("ul", { class: "stack tight", "aria-label": t("tab.people") }, people.map(card)) : nothing());
    if (people.some((one) => one.state === "pending")) later();
  }

  // Documents are looked through for a changed person soon after; what was found then shows by itself.
  function later() {
    clearTimeout(timer);
    timer = setTimeout(() => !root.querySelector(KEPT) && draw().catch(() => {}), AGAIN_MS);
  }

  function head(people) {
    const add = h("button", { type: "button", class: "primary", onclick: () => edit(null) }, t("person.add"));
    return h("div", { class: "row apart" }, h("p", { class: "quiet", role: "status" }, t("people.count", { n: people.length })), add);
  }

  function card(person) {
    const link = h("a", { href: address("/privacy", { tab: "people", person: person.id }) }, person.name);
    const line = h("div", { class: "facts-line" }, stateBadge(person), h("span", {}, t("person.documents", { n: person.documents })));
    return h("li", { class: "card row apart" }, h("div", { class: "stack tight" }, h("h2", {}, link), line), h("div", { class: "row" }, buttons(person)));
  }

  function buttons(person) {
    return [
      h("button", { type: "button", "aria-label": t("person.change.of", { name: person.name }), onclick: () => edit(person) }, t("change")),
      h("button", { type: "button", class: "danger", "aria-label": t("person.remove.of", { name: person.name }), onclick: (event) => remove(person, event.currentTarget) }, t("remove")),
    ];
  }

  async function showPerson(person) {
    const same = root.querySelector("[data-person]")?.dataset.person === person.id;
    const export_ = h("a", { class: "button", href: address("/privacy", { tab: "requests", person: person.id }) }, t("person.export"));
    const about = h("section", { class: "card stack", "data-person": person.id, "aria-labelledby": "person-name" }, h("div", { class: "row apart" }, h("h2", { id: "person-name" }, person.name), stateBadge(person)), personFacts(person), h("div", { class: "row" }, export_, buttons(person)));
    const found = foundList({ empty: t(person.state === "pending" ? "found.pending" : "found.none"), signal });
    const place = h("div", { class: "stack" }, waiting());
    if (!same) replace(root, back(), about, place);
    const documents = await everything(person.id);
    for (const one of documents) found.add(one);
    replace(place, h("h2", {}, t("person.named", { n: documents.length })), found.element);
    found.done();
    replace(root, back(), about, place);
  }

  async function everything(id) {
    const all = [];
    let cursor = null;
    do {
      const page = await get(`/v1/watch/${id}/documents`, { cursor }, { signal });
      all.push(...page.documents);
      cursor = page.next;
    } while (cursor);
    return all;
  }

  function back() {
    return h("p", {}, h("a", { href: address("/privacy", { tab: "people" }) }, `← ${t("people.all")}`));
  }

  async function edit(person) {
    const fields = personFields(person ?? {});
    const submit = () => (person ? send("PUT", `/v1/watch/${person.id}`, fields.read()) : send("POST", "/v1/watch", fields.read()));
    const saved = await ask(t(person ? "person.change" : "person.add"), { content: [h("p", { class: "quiet" }, t("person.how")), fields.element], yes: t("save"), submit });
    if (!saved) return;
    toast(t("person.saved", { name: saved.name }));
    await draw();
  }

  async function remove(person, button) {
    if (!(await confirm(t("person.remove.ask", { name: person.name }), { yes: t("remove"), more: h("p", {}, t("person.remove.more")) }))) return;
    const gone = await busy(button, async () => (await send("DELETE", `/v1/watch/${person.id}`), true));
    if (!gone) return;
    toast(t("person.removed", { name: person.name }));
    if (chosen) go(address("/privacy", { tab: "people" }));
    else await draw();
  }

  async function update(fresh) {
    chosen = fresh.get("person");
    await draw();
  }

  await draw();
  return { update };
}

function nothing() {
  return h("div", { class: "empty" }, h("h2", {}, t("people.none")), h("p", {}, t("people.none.do")));
}
