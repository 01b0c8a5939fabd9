// The page: who is here, which view the address names, and what all views share.

import { onSignedOut, send } from "./core/api.js";
import { h, intoSight, replace } from "./core/dom.js";
import { LANGUAGES, choose, current, load, t } from "./core/i18n.js";
import { bind, sheet } from "./core/keys.js";
import { trouble } from "./core/notices.js";
import { again, go, start } from "./core/router.js";
import { findOut, may, who } from "./core/who.js";

const ROUTES = [
  { path: /^\/$/, words: "search", view: () => import("./views/search.js"), tab: "search" },
  { path: /^\/documents\/(?<id>[0-9a-f-]+)$/, words: "document", view: () => import("./views/document.js") },
  { path: /^\/answer$/, words: "answer", view: () => import("./views/answer.js"), tab: "answer" },
  { path: /^\/upload$/, words: "upload", view: () => import("./views/upload.js"), tab: "upload", may: "editor" },
  { path: /^\/review$/, words: "labels", view: () => import("./views/review.js"), tab: "review", may: "editor" },
  { path: /^\/models$/, words: "labels", view: () => import("./views/models.js"), tab: "models", may: "admin" },
  { path: /^\/privacy$/, words: "privacy", view: () => import("./views/privacy.js"), tab: "privacy" },
  { path: /^\/operations$/, words: "operations", view: () => import("./views/operations.js"), tab: "operations" },
  { path: /^\/sign-in$/, words: "common", view: () => import("./views/signin.js") },
  { path: /(?!)/, words: "common", view: () => import("./views/missing.js") },
];
const main = h("main", { id: "main", tabindex: "-1" });
let route = null;

async function begin() {
  document.documentElement.lang = current();
  onSignedOut(toSignIn);
  ahead();
  await Promise.all([load("common"), findOut()]);
  draw();
  bind("?", "keys.sheet", sheet);
  bind("g s", "keys.search", () => go("/"));
  bind("g u", "keys.upload", () => go("/upload"));
  bind("g r", "keys.review", () => go("/review"));
  if (!who() && location.pathname !== "/sign-in") toSignIn();
  await start({ table: ROUTES, root: main, opened, failed: (error) => trouble(error, { again }) });
}

// What the view will ask for in a moment. Where it fails, opening the view tells.
function ahead() {
  const { view, words } = ROUTES.find(({ path }) => path.test(location.pathname)) ?? ROUTES.at(-1);
  Promise.all([view(), load(words)]).catch(() => {});
}

function draw() {
  const skip = h("a", { class: "skip", href: "#main" }, t("skip"));
  replace(document.body, skip, head(), main, h("div", { class: "toasts", role: "status", "aria-live": "polite" }));
}

function head() {
  const tabs = ROUTES.filter((one) => one.tab && who() && (!one.may || may(one.may)));
  return h(
    "header",
    { class: "top" },
    h(
      "div",
      { class: "bar" },
      h("a", { class: "brand", href: "/" }, "ray", h("span", {}, "-app")),
      h("nav", { "aria-label": t("nav") }, tabs.map((one) => h("a", { ...marks(one), href: addressOf(one) }, t(`nav.${one.tab}`)))),
      h("div", { class: "tools" }, languages(), theme(), keysButton(), account()),
    ),
  );
}

function marks(one) {
  return { "data-tab": one.tab, "aria-current": route?.tab === one.tab ? "page" : null };
}

function addressOf(one) {
  return one.tab === "search" ? "/" : `/${one.tab}`;
}

function opened(now) {
  route = now;
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.dataset.tab !== now.tab) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "page");
      intoSight(link); // on a small screen not all of them are seen
    }
  }
}

function languages() {
  const options = Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, selected: code === current() }, name));
  return h("select", { "aria-label": t("language"), onchange: (event) => speak(event.target.value) }, options);
}

async function speak(language) {
  choose(language);
  await load("common");
  draw();
  await again();
}

function theme() {
  return h("button", { type: "button", class: "plain icon", "aria-label": t("theme"), title: t("theme"), onclick: turn }, "◐");
}

function turn() {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  const shownDark = dark || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = shownDark ? "light" : "dark";
  localStorage.setItem("ray-app.theme", document.documentElement.dataset.theme);
}

function keysButton() {
  return h("button", { type: "button", class: "plain icon", "aria-label": t("keys.title"), title: t("keys.title"), onclick: sheet }, "?");
}

function account() {
  if (!["key", "user"].includes(who()?.kind)) return null;
  return h("button", { type: "button", class: "plain small", title: who().name, onclick: signOut }, t("sign-out"));
}

async function signOut() {
  await send("DELETE", "/v1/session");
  location.assign("/sign-in");
}

function toSignIn() {
  if (location.pathname === "/sign-in") return;
  const back = location.pathname + location.search;
  location.assign(`/sign-in?${new URLSearchParams({ next: back })}`);
}

begin();
