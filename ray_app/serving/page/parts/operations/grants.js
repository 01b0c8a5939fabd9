// Keys and invitations: who has one, and a new one, whose secret is shown this once.

import { get, send } from "../../core/api.js";
import { confirm } from "../../core/confirm.js";
import { h, replace } from "../../core/dom.js";
import { day, moment, since } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { busy, toast } from "../../core/notices.js";
import { ask, choice, field, lines, linesOf } from "../formdialog.js";
import { table } from "../table.js";
import { secret } from "./secret.js";

const ROLES = ["reader", "editor", "admin"];

/** The section for `keys` or `invitations`. */
export function grants(what, signal) {
  const place = h("div", { class: "stack" });
  const fresh = h("div", { class: "stack" });
  const add = h("button", { type: "button", onclick: make }, t(`grants.${what}.add`));
  const element = h("section", { class: "stack", "aria-labelledby": what }, h("div", { class: "row apart" }, h("h2", { id: what }, t(`grants.${what}`)), add), h("p", { class: "quiet" }, t(`grants.${what}.how`)), fresh, place);

  async function draw() {
    const found = await get(`/v1/${what}`, {}, { signal });
    const heads = ["name", "role", "groups", "created", "expires", ...(what === "keys" ? ["used"] : []), "actions"].map((one) => t(`grant.${one}`));
    replace(place, found.length ? h("div", { class: "card flush" }, table(t(`grants.${what}`), heads, found.map(row))) : h("p", { class: "quiet" }, t(`grants.${what}.none`)));
  }

  function row(one) {
    const groups = one.groups === null ? t("grant.groups.all") : one.groups.join(", ") || t("grant.groups.none");
    const end = h("button", { type: "button", class: "danger", "aria-label": t(`grants.${what}.end.of`, { name: one.name }), onclick: (event) => remove(one, event.currentTarget) }, t(`grants.${what}.end`));
    const used = one.last_used ? since(one.last_used) : t("grant.never");
    return [one.name, named("role", one.role), groups, h("span", { title: t("grant.by", { who: one.created_by }) }, day(one.created)), one.expires ? moment(one.expires) : t("grant.endless"), ...(what === "keys" ? [used] : []), end];
  }

  async function make() {
    const name = h("input", { required: true, maxlength: "200", autocomplete: "off" });
    const role = choice(ROLES.map((one) => [one, named("role", one)]), "reader");
    const which = choice(["default", "all", "some"].map((one) => [one, t(`grant.which.${one}`)]), "default", { onchange: () => (some.hidden = which.value !== "some") });
    const groups = lines();
    const some = h("div", { hidden: true }, field(t("grant.groups"), groups, t("grant.groups.hint")));
    const days = h("input", { type: "number", min: "1", max: "36500", step: "1" });
    const hours = h("input", { type: "number", min: "1", max: "8760", step: "1" });
    const content = [
      field(t("grant.name"), name, t("grant.name.hint")),
      h("div", { class: "fields even" }, field(t("grant.role"), role, t("grant.role.hint")), field(t("grant.which"), which)),
      some,
      h("div", { class: "fields even" }, field(t("grant.days"), days, t("grant.days.hint")), what === "invitations" ? field(t("grant.hours"), hours, t("grant.hours.hint")) : null),
    ];
    const body = () => ({
      name: name.value.trim(),
      role: role.value,
      ...(which.value === "all" && { groups: null }),
      ...(which.value === "some" && { groups: linesOf(groups) }),
      ...(days.value && { days: Number(days.value) }),
      ...(what === "invitations" && hours.value && { hours: Number(hours.value) }),
    });
    const made = await ask(t(`grants.${what}.add`), { content, yes: t(`grants.${what}.make`), submit: () => send("POST", `/v1/${what}`, body()) });
    if (!made) return;
    replace(fresh, secret(t(`grants.${what}.made`, { name: made.name }), made.key ?? made.link));
    fresh.firstChild.focus();
    await draw();
  }

  async function remove(one, button) {
    if (!(await confirm(t(`grants.${what}.end.ask`, { name: one.name }), { yes: t(`grants.${what}.end`), more: h("p", {}, t(`grants.${what}.end.more`)) }))) return;
    if (!(await busy(button, async () => (await send("DELETE", `/v1/${what}/${one.id}`), true)))) return;
    toast(t(`grants.${what}.ended`, { name: one.name }));
    await draw();
  }

  return { element, draw };
}
