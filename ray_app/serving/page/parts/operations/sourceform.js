// A source as a form, and what would come in from it, tried out before it is saved.

import { send } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { count, size } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { sentence } from "../../core/notices.js";
import { ask, field, lines, linesOf, tick } from "../formdialog.js";
import { table } from "../table.js";

const LISTS = ["include", "exclude", "types", "groups", "languages"];

/** Asks for a source's fields, and saves it; gives the source, null where the person gave up. */
export function editSource(source) {
  const fields = sourceFields(source);
  const result = h("div", { role: "status" });
  const test = h("button", { type: "button", onclick: () => tryOut(fields, test, result) }, t("source.test"));
  const submit = () => (source ? send("PUT", `/v1/sources/${encodeURIComponent(source.name)}`, fields.read()) : send("POST", "/v1/sources", { name: fields.name.value.trim(), ...fields.read() }));
  return ask(source ? t("source.change", { name: source.name }) : t("source.add"), { content: [fields.element, result], yes: t("save"), submit, before: [test] });
}

/** A dialog with what would come in from a source that is on record. */
export function testSource(source) {
  const fields = sourceFields(source);
  const result = h("div", { role: "status" });
  const submit = async () => true;
  const dialog = ask(t("source.test.of", { name: source.name }), { content: [h("p", { class: "break" }, source.uri), result], yes: t("close"), submit });
  tryOut(fields, null, result);
  return dialog;
}

async function tryOut(fields, button, result) {
  if (button) button.disabled = true;
  replace(result, h("p", { class: "quiet" }, t("test.running")));
  try {
    replace(result, shown(await send("POST", "/v1/sources/check", fields.read())));
  } catch (error) {
    replace(result, h("div", { class: "note bad" }, h("p", { class: "strong" }, t("test.failed")), h("p", {}, error.message || sentence(error))));
  } finally {
    if (button) button.disabled = false;
    result.scrollIntoView({ block: "nearest" });
  }
}

function shown(trial) {
  const left = Object.entries(trial.left_out).map(([why, n]) => h("li", {}, t(`left.${why}`, { n })));
  const files = trial.files.map((one) => [one.path, size(one.size)]);
  return h(
    "div",
    { class: ["note", trial.wanted ? "good" : "warn"] },
    h("p", { class: "strong" }, t(trial.whole ? "test.wanted" : "test.wanted.more", { n: trial.wanted })),
    trial.read === null ? null : h("p", {}, t("test.read", { size: size(trial.read) })),
    left.length ? h("ul", { class: "bullets" }, left) : null,
    files.length ? table(t("test.files"), [t("test.file"), t("test.size")], files, { numbers: [1] }) : null,
    trial.wanted > files.length && files.length ? h("p", { class: "small quiet" }, t("test.rest", { n: count(trial.wanted - files.length) })) : null,
  );
}

function sourceFields(source) {
  const name = h("input", { required: true, pattern: "\\w[\\w.\\-]{0,99}", autocomplete: "off", value: source?.name ?? "", disabled: Boolean(source) });
  const uri = h("input", { required: true, autocomplete: "off", spellcheck: "false", value: source?.uri ?? "", readonly: Boolean(source) });
  const lists = Object.fromEntries(LISTS.map((one) => [one, lines(source?.[one] ?? [])]));
  const most = h("input", { type: "number", min: "1", step: "1", value: source?.max_mb ?? "" });
  const schedule = h("input", { autocomplete: "off", spellcheck: "false", placeholder: "0 3 * * *", value: source?.schedule ?? "" });
  const keep = tick(t("source.keep_originals"), source?.keep_originals ?? false, t("source.keep_originals.hint"));
  const element = h(
    "div",
    { class: "stack" },
    h("div", { class: "fields even" }, field(t("source.name"), name, t("source.name.hint")), field(t("source.schedule"), schedule, t("source.schedule.hint"))),
    field(t("source.uri"), uri, t(source ? "source.uri.stays" : "source.uri.hint")),
    h(
      "details",
      { open: Boolean(source && sourceFacts(source)) },
      h("summary", {}, t("source.wanted")),
      h("div", { class: "stack" }, h("div", { class: "fields even" }, LISTS.map((one) => field(t(`source.${one}`), lists[one], t(`source.${one}.hint`))), field(t("source.max_mb"), most, t("source.max_mb.hint"))), keep.element),
    ),
  );
  const read = () => ({
    uri: uri.value.trim(),
    ...Object.fromEntries(LISTS.map((one) => [one, linesOf(lists[one])])),
    max_mb: most.value ? Number(most.value) : null,
    schedule: schedule.value.trim() || null,
    keep_originals: keep.control.checked,
  });
  return { element, read, name };
}

/** What is wanted of a source, as facts. */
export function sourceFacts(source) {
  const facts = [...LISTS.filter((one) => source[one]?.length).map((one) => [t(`source.${one}`), source[one].join(", ")])];
  if (source.max_mb) facts.push([t("source.max_mb"), count(source.max_mb)]);
  if (source.keep_originals) facts.push([t("source.originals"), t("yes")]);
  return facts.length ? h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : null;
}
