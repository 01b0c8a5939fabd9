// What people may ask for: everything that names them, and that it is erased.

import { get, lines } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { trouble } from "../../core/notices.js";
import { choice, field } from "../formdialog.js";
import { saveFile } from "../savefile.js";
import { foundList } from "./found.js";
import { personFields } from "./person.js";

const SURENESS = ["0.3", "0.6", "0.9"];

export async function open({ root, query, signal }) {
  const known = query.get("person") ? await get("/v1/watch", {}, { signal }) : { people: [] };
  const fields = personFields(known.people.find((one) => one.id === query.get("person")));
  const sure = choice(SURENESS.map((value) => [value, t(`sure.${value}`)]), "0.6");
  const button = h("button", { class: "primary" }, t("request.go"));
  const results = h("section", { class: "stack", "aria-label": t("request.results") });
  let running = null;
  const form = h(
    "form",
    { class: "card stack", onsubmit: begin, "aria-labelledby": "request-title" },
    h("h2", { id: "request-title" }, t("request.title")),
    h("p", { class: "quiet" }, t("request.how")),
    fields.element,
    field(t("sure"), sure, t("sure.hint")),
    h("div", { class: "row" }, button),
  );
  replace(root, form, results);
  signal.addEventListener("abort", () => running?.abort());

  async function begin(event) {
    event.preventDefault();
    running?.abort();
    running = new AbortController();
    const mine = running;
    const told = h("p", { role: "status" }, t("request.running"));
    const found = foundList({ empty: t("request.none"), signal });
    const tools = h("div", { class: "row apart" }, told);
    replace(results, tools, found.element);
    const kept = [];
    try {
      let end = null;
      for await (const one of lines("/v1/privacy/subject-access", { ...fields.read(), min_confidence: Number(sure.value) }, { signal: mine.signal })) {
        kept.push(JSON.stringify(one));
        if (one.done) end = one;
        else found.add(one);
        replace(told, t("request.found", { n: kept.length - (end ? 1 : 0) }));
      }
      found.done();
      if (!end) throw Object.assign(new Error(t("request.broken")), { status: 0 });
      replace(told, t("request.done", { n: end.documents, read: end.read }));
      tools.append(h("button", { type: "button", onclick: () => save(kept) }, t("request.download")));
    } catch (error) {
      if (error.name === "AbortError") return;
      results.prepend(trouble(error));
      replace(told, kept.length ? t("request.broken") : "");
    }
  }
}

function save(kept) {
  saveFile(`subject-access-${new Date().toISOString().slice(0, 10)}.ndjson`, `${kept.join("\n")}\n`, "application/x-ndjson");
}
