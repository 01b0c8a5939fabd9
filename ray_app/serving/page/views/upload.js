// Upload: files are dropped, and each says how far it is until it can be found.

import { h, on, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { bind } from "../core/keys.js";
import { toast } from "../core/notices.js";
import { address, go } from "../core/router.js";
import { may } from "../core/who.js";
import { chosen, dropped } from "../parts/dropped.js";
import { transferRow } from "../parts/transferrow.js";
import { add, clear, isOpen, transfers, watch } from "../parts/transfers.js";

const GROUPS = { all: () => true, open: isOpen, found: ({ state }) => ["indexed", "duplicate"].includes(state), trouble: ({ state }) => ["refused", "quarantined"].includes(state) };
const SHOWN = 100;
const TELL_MS = 1000;

export function open({ root, query, signal }) {
  document.title = `${t("title")} – ray-app`;
  if (!may("editor")) return replace(root, h("h1", {}, t("title")), h("div", { class: "note warn" }, h("p", {}, t("readers"))));
  let state = asked(query);
  let most = SHOWN;
  let telling = null;
  const rows = new Map();

  const files = h("input", { type: "file", multiple: true, hidden: true, onchange: () => (take(chosen(files.files)), (files.value = "")) });
  const folder = h("input", { type: "file", webkitdirectory: true, hidden: true, onchange: () => (take(chosen(folder.files)), (folder.value = "")) });
  const into = h("input", { name: "folder", value: state.folder, maxlength: "500", autocomplete: "off", placeholder: t("folder.example"), onchange: () => to({ folder: into.value.trim() }) });
  const tags = h("input", { name: "tags", value: state.tags, maxlength: "500", autocomplete: "off", placeholder: t("tags.example"), onchange: () => to({ tags: tags.value.trim() }) });
  const zone = h(
    "section",
    { class: "drop", "aria-label": t("drop") },
    h("p", { class: "strong" }, t("drop")),
    h("p", { class: "small quiet" }, t("drop.what")),
    h("div", { class: "row" }, h("button", { type: "button", class: "primary", onclick: () => files.click() }, t("choose")), h("button", { type: "button", onclick: () => folder.click() }, t("choose.folder"))),
    files,
    folder,
  );
  const where = h("div", { class: "fields" }, h("label", {}, h("span", {}, t("folder")), into), h("label", {}, h("span", {}, t("tags")), tags));
  const summary = h("p", { role: "status", class: "quiet" });
  const groups = h("div", { class: "row", role: "group", "aria-label": t("groups") });
  const list = h("ol", { class: "stack tight", "aria-label": t("files") });
  const foot = h("div", { class: "row" });
  replace(root, h("h1", {}, t("title")), zone, where, h("section", { class: "stack", "aria-label": t("files") }, h("div", { class: "row apart" }, groups, summary), list, foot));

  bind("f", "keys.choose", () => files.click(), signal);
  watch(changed, signal);
  on(document, "dragover", hover, signal);
  on(document, "dragleave", (event) => event.relatedTarget || zone.classList.remove("over"), signal);
  on(document, "drop", drop, signal);
  on(document, "paste", (event) => event.clipboardData?.files.length && take(chosen(event.clipboardData.files)), signal);
  signal.addEventListener("abort", () => clearTimeout(telling));

  function to(wanted) {
    state = { ...state, ...wanted };
    go(address("/upload", { folder: state.folder, tags: state.tags, show: state.show === "all" ? "" : state.show }), { instead: true });
  }

  function hover(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  }

  async function drop(event) {
    zone.classList.remove("over");
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    try {
      take(await dropped(event.dataTransfer));
    } catch {
      toast(t("drop.unreadable"));
    }
  }

  function take(found) {
    if (!found.length) return toast(t("drop.nothing"));
    const base = into.value.trim();
    return add(found.map((one) => ({ ...one, folder: [base, one.folder].filter(Boolean).join("/") })), tags.value.trim());
  }

  function changed(item) {
    if (item) rows.get(item.key)?.update();
    if (item?.state === "sending" && item.sent) return; // how much of it is sent moves nothing else
    telling ??= setTimeout(draw, item ? TELL_MS / 4 : 0);
  }

  function draw() {
    telling = null;
    const all = transfers();
    replace(groups, all.length ? Object.entries(GROUPS).map(([name, belongs]) => group(name, all.filter(belongs).length)) : []);
    replace(summary, all.length ? t("summary", { n: all.length, found: all.filter(GROUPS.found).length }) : "");
    const wanted = all.filter(GROUPS[state.show]);
    place(wanted.slice(0, most));
    const done = all.length - all.filter(isOpen).length;
    replace(
      foot,
      wanted.length > most ? h("button", { type: "button", onclick: () => ((most += SHOWN), draw()) }, t("more", { n: wanted.length - most })) : null,
      done ? h("button", { type: "button", class: "plain", onclick: clear }, t("clear", { n: done })) : null,
      all.length && !wanted.length ? h("p", { class: "quiet" }, t("group.none")) : null,
    );
    list.hidden = !wanted.length;
  }

  // Rows keep their element, so that what somebody is about to press stays where it is.
  function place(items) {
    for (const item of items) if (!rows.has(item.key)) rows.set(item.key, transferRow(item));
    const elements = items.map(({ key }) => rows.get(key).element);
    if (elements.length !== list.children.length || elements.some((one, at) => list.children[at] !== one)) replace(list, elements);
  }

  function group(name, n) {
    return h("button", { type: "button", class: "chip", "aria-pressed": String(state.show === name), onclick: () => to({ show: name }) }, t(`group.${name}`), h("span", { class: "n" }, String(n)));
  }

  function update(fresh) {
    state = asked(fresh);
    if (document.activeElement !== into) into.value = state.folder;
    if (document.activeElement !== tags) tags.value = state.tags;
    most = SHOWN;
    draw();
  }

  draw();
  return { update };
}

function asked(query) {
  const show = query.get("show");
  return { folder: query.get("folder") ?? "", tags: query.get("tags") ?? "", show: show in GROUPS ? show : "all" };
}
