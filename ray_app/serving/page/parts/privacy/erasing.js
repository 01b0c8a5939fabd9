// Erasing documents that somebody asked to have erased, and the proof of it.

import { get, send } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { fileName, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { field, tick, ask } from "../formdialog.js";
import { saveFile } from "../savefile.js";

/** Asks why, and once more whether; gives `{ids, element}` with the proof, null where nothing was erased. */
export async function erase(documents, signal) {
  const copies = documents.reduce((sum, one) => sum + one.places.length - 1, 0);
  const reason = h("input", { required: true, maxlength: "200", autocomplete: "off" });
  const too = tick(t("erase.copies", { n: copies }), copies > 0, t("erase.copies.hint"));
  const sure = h("input", { type: "checkbox", required: true });
  const content = [
    h("p", {}, t("erase.how")),
    h("ul", { class: "bullets small" }, documents.map((one) => h("li", { class: "break" }, one.title || fileName(one.uri)))),
    field(t("erase.reason"), reason, t("erase.reason.hint")),
    copies ? too.element : null,
    h("label", { class: "check" }, sure, h("span", {}, t("erase.sure"))),
  ];
  const submit = async () => {
    const ids = copies && too.control.checked ? await withCopies(documents, signal) : documents.map((one) => one.document_id);
    return send("POST", "/v1/privacy/erasures", { document_ids: ids, reason: reason.value.trim() });
  };
  const proof = await ask(t("erase.ask", { n: documents.length }), { content, yes: t("erase.yes"), danger: true, submit });
  return proof ? { ids: proof.documents.map((one) => one.document_id), element: shown(proof) } : null;
}

async function withCopies(documents, signal) {
  const ids = new Set();
  for (const one of documents) {
    ids.add(one.document_id);
    if (one.places.length > 1) for (const place of (await get(`/v1/documents/${one.document_id}`, {}, { signal })).places) ids.add(place.document_id);
  }
  return [...ids];
}

function shown(proof) {
  const left = proof.documents.filter((one) => one.left.length);
  const download = () => saveFile(`erasure-${proof.at.slice(0, 10)}-${proof.digest.slice(0, 8)}.json`, JSON.stringify(proof, null, 2), "application/json");
  return h(
    "section",
    { class: ["note", left.length ? "warn" : "good"], tabindex: "-1", role: "status", "aria-label": t("proof") },
    h("h2", {}, t("proof.n", { n: proof.documents.length })),
    h("p", {}, left.length ? t("proof.left") : t("proof.gone")),
    h("ul", { class: "bullets small" }, proof.documents.map((one) => h("li", { class: "break" }, t("proof.document", { name: fileName(one.uri), passages: one.passages, mentions: one.mentions }), one.left.length ? `: ${one.left.join("; ")}` : ""))),
    h("dl", { class: "facts" }, fact("proof.at", moment(proof.at)), fact("proof.who", proof.who), fact("proof.reason", proof.reason), fact("proof.digest", h("code", { class: "break" }, proof.digest))),
    h("p", { class: "small" }, t("proof.backups")),
    h("button", { type: "button", onclick: download }, t("proof.download")),
  );
}

function fact(name, value) {
  return [h("dt", {}, t(name)), h("dd", {}, value)];
}
