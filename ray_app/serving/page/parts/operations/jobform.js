// A form for a job of any kind, made from what its script says that it takes.

import { get, send } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { named, t } from "../../core/i18n.js";
import { ask, choice, field, lines, linesOf, tick } from "../formdialog.js";

// Whose tenant is the caller's anyway; and what only a terminal is for.
const NOT_ASKED = new Set(["tenant", "as_json"]);
const NUMBERS = new Set(["integer", "number"]);

/** Asks which job, and with what; gives the job, null where the person gave up. */
export async function startJob(kinds) {
  const { sources } = await get("/v1/sources").catch(() => ({ sources: [] }));
  const names = h("datalist", { id: "job-sources" }, sources.map((one) => h("option", { value: one.name })));
  const which = choice(kinds.map((kind) => [kind.name, named("job", kind.name)]), kinds[0].name, { onchange: draw });
  const rest = h("div", { class: "stack" });
  let read = () => [];

  function draw() {
    const kind = kinds.find((one) => one.name === which.value);
    const made = fieldsOf(kind);
    read = made.read;
    replace(rest, h("p", { class: "small quiet", lang: "en" }, kind.fault || kind.description.split("\n\n")[0]), made.element);
  }

  draw();
  const submit = () => send("POST", "/v1/jobs", { job: which.value, arguments: read() });
  return ask(t("job.start"), { content: [field(t("job.kind"), which), rest, names], yes: t("job.start.go"), submit });
}

function fieldsOf(kind) {
  if (!kind.parameters) {
    const words = lines();
    return { element: field(t("job.arguments"), words, t("job.arguments.hint")), read: () => linesOf(words) };
  }
  const asked = kind.parameters.filter((one) => !NOT_ASKED.has(one.name)).map(parameterField);
  const read = () => {
    const options = asked.filter((one) => one.flags.length).flatMap((one) => one.read());
    const plain = asked.filter((one) => !one.flags.length).flatMap((one) => one.read());
    return plain.some((one) => one.startsWith("-")) ? [...options, "--", ...plain] : [...options, ...plain];
  };
  return { element: h("div", { class: "stack" }, asked.map((one) => one.element)), read };
}

function parameterField(one) {
  const flag = one.flags.find((name) => name.startsWith("--") && !name.startsWith("--no-")) ?? one.flags[0];
  const name = named("parameter", one.name);
  const dashed = (values) => (flag ? values.flatMap((value) => [flag, value]) : values);
  if (one.type === "flag") {
    const off = one.flags.find((other) => other.startsWith("--no-"));
    const box = tick(name, one.default === true, one.help);
    return { ...one, element: box.element, read: () => (box.control.checked === (one.default === true) ? [] : box.control.checked ? [flag] : off ? [off] : []) };
  }
  if (one.many) {
    const area = lines();
    area.required = one.required;
    return { ...one, element: field(name, area, [one.help, t("job.lines")].join(" ")), read: () => dashed(linesOf(area)) };
  }
  const choices = one.type.includes(" | ") ? one.type.split(" | ") : null;
  const control = choices
    ? choice([...(one.default === null ? [["", "–"]] : []), ...choices.map((value) => [value, value])], one.default ?? "")
    : h("input", { type: NUMBERS.has(one.type) ? "number" : "text", step: one.type === "number" ? "any" : null, required: one.required, list: ["name", "source"].includes(one.name) ? "job-sources" : null, autocomplete: "off", value: one.default ?? "" });
  return { ...one, element: field(name, control, one.help), read: () => (control.value === "" || control.value === String(one.default ?? "") ? [] : dashed([control.value])) };
}
