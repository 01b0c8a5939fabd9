// The address bar is the state: a path names the view, its query all that was chosen in it.

import { replace } from "./dom.js";
import { load } from "./i18n.js";

let routes = [];
let place = null;
let shown = null;

/** Begins. A route is `{path: /^\/review$/, view: () => import(...), words: "labels"}`; its module exports
 * `open({params, query, signal, root})`, which fills `root`, and may give `{update(query), title}`: an address of the
 * same path is then handed to `update` instead of opening the view anew. `failed(error)` makes what is shown instead. */
export function start({ table, root, opened, failed }) {
  routes = table;
  place = { root, opened, failed };
  history.scrollRestoration = "manual";
  addEventListener("popstate", () => show());
  addEventListener("scroll", keepScroll, { passive: true });
  document.addEventListener("click", followLink);
  return show();
}

/** Goes to an address of this page. `instead` leaves no trace in the history. */
export function go(address, { instead = false } = {}) {
  const from = location.pathname + location.search;
  if (address === from) return undefined;
  history[instead ? "replaceState" : "pushState"](instead ? history.state : { from }, "", address);
  return show();
}

/** The address of this page from which this one was opened, and to which the back button leads; null where none is. */
export function cameFrom() {
  return history.state?.from ?? null;
}

/** Opens the view that is open anew, as after a sign-in or in another language. */
export function again() {
  close();
  return show();
}

/** An address with these values of its query; empty ones are left out, lists repeat. */
export { withQuery as address } from "./api.js";

async function show() {
  const { pathname, search } = location;
  const query = new URLSearchParams(search);
  if (shown?.path === pathname && shown.view?.update) return shown.view.update(query);
  close();
  const controller = new AbortController();
  shown = { path: pathname, controller, view: null };
  const mine = shown;
  const route = routes.find((one) => one.path.test(pathname)) ?? routes.at(-1);
  const root = document.createElement("div");
  root.className = "view";
  try {
    const [module] = await Promise.all([route.view(), load(route.words)]);
    if (shown !== mine) return;
    replace(place.root, root);
    const params = pathname.match(route.path)?.groups ?? {};
    place.opened(route);
    const view = await module.open({ params, query, root, signal: controller.signal });
    if (shown === mine) mine.view = view ?? null;
    if (shown === mine) scrollTo(0, history.state?.scrolled ?? 0);
  } catch (error) {
    if (shown === mine && error.name !== "AbortError") replace(place.root, place.failed(error));
  }
}

function close() {
  shown?.controller.abort();
  shown = null;
}

function followLink(event) {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return undefined;
  const to = new URL(link.href, location.href);
  if (to.origin !== location.origin || !routes.some((one) => one.path.test(to.pathname))) return undefined;
  event.preventDefault();
  if (to.hash && to.pathname + to.search === location.pathname + location.search) return document.getElementById(to.hash.slice(1))?.focus();
  return go(to.pathname + to.search);
}

// Each entry of the history keeps how far it was scrolled, for the way back.
let keeping = null;
function keepScroll() {
  clearTimeout(keeping);
  const at = location.href;
  keeping = setTimeout(() => at === location.href && history.replaceState({ ...history.state, scrolled: scrollY }, ""), 100);
}
