// Someone who is looked for: the form, and how they are shown.

import { h } from "../../core/dom.js";
import { languageName } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { field, lines, linesOf } from "../formdialog.js";

const LISTS = ["aliases", "emails", "phones", "national_ids"];

/** The fields of a person, and `read()` for the body that the API takes. */
export function personFields(person = {}) {
  const name = h("input", { name: "name", required: true, maxlength: "200", autocomplete: "off", value: person.name ?? "" });
  const lists = Object.fromEntries(LISTS.map((one) => [one, lines(person[one])]));
  const languages = h("input", { name: "languages", autocomplete: "off", pattern: "\\s*([A-Za-z]{2}([\\s,]+[A-Za-z]{2})*)?\\s*", value: (person.languages ?? []).join(", ") });
  const element = h(
    "div",
    { class: "stack" },
    field(t("person.name"), name, t("person.name.hint")),
    h("div", { class: "fields even" }, LISTS.map((one) => field(t(`person.${one}`), lists[one], t("person.list.hint")))),
    field(t("person.languages"), languages, t("person.languages.hint")),
  );
  const codes = () => languages.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
  const read = () => ({ name: name.value.trim(), ...Object.fromEntries(LISTS.map((one) => [one, linesOf(lists[one])])), languages: codes() });
  return { element, read, name };
}

/** What is known of somebody, as a list of facts. */
export function personFacts(person) {
  const facts = LISTS.filter((one) => person[one].length).map((one) => [t(`person.${one}`), person[one].join(", ")]);
  if (person.languages.length) facts.push([t("person.languages"), person.languages.map(languageName).join(", ")]);
  return facts.length ? h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : null;
}

/** Whether the documents were looked through for them. */
export function stateBadge(person) {
  return h("span", { class: ["badge", person.state === "pending" ? "warn" : "good"] }, t(`state.${person.state}`));
}
