// The bar on top: brand, connection, theme, account; and the banner for when the server is away.

import { fill, h, icon, setText } from "../dom.js";
import { errorText } from "../format.js";
import { reconnectNow } from "../live.js";
import { announce, toast } from "../notify.js";
import { signOut } from "../session.js";
import { getState, subscribe } from "../store.js";
import { currentTheme, onSystemTheme, toggleTheme } from "../theme.js";
import { mainNav } from "./nav.js";

/** @type {Record<import("../store.js").Connection, { short: string, long: string }>} */
const CONNECTION = {
  idle: { short: "", long: "" },
  connecting: { short: "Connecting", long: "Connecting to live updates." },
  live: { short: "Live", long: "Live: progress appears as it happens." },
  polling: { short: "Reconnecting", long: "Live updates are interrupted. Until they return, the page asks every few seconds." },
  offline: { short: "Offline", long: "The server can’t be reached. The page keeps trying." },
  stopped: { short: "Not live", long: "Live updates were ended by the server; the page asks every few seconds. Sign in again to restore them." },
};

export function mountHeader(headerSlot, bannerSlot) {
  const account = h("div", { class: "account" });
  const connection = connectionIndicator();
  headerSlot.replaceWith(h("header", { class: "site-header" },
    h("a", { class: "brand", href: "#/", "aria-label": "Greenroom, start page" },
      h("img", { src: "/assets/icons/logo.svg", alt: "", width: 34, height: 34 }),
      h("span", { class: "brand-name" }, "Greenroom")),
    mainNav(), connection.node, themeButton(), account));

  const render = () => {
    renderAccount(account);
    markAccount(account);
    connection.update();
    renderBanner(bannerSlot);
  };
  subscribe(["user", "connection", "section"], render);
  render();
}

function connectionIndicator() {
  const text = h("span", { class: "connection-text" });
  const node = h("p", { class: "connection", data: { testid: "connection" } }, h("span", { class: "dot", "aria-hidden": "true" }), text);
  let last = "idle";
  const update = () => {
    const state = getState().connection;
    const { short, long } = CONNECTION[state];
    node.hidden = state === "idle";
    node.dataset.state = state;
    node.title = long;
    setText(text, short);
    // The first connection is no news; a loss and a return are.
    if (state !== last && last !== "idle" && !(last === "connecting" && state === "live")) announce(long);
    last = state;
  };
  return { node, update };
}

function renderBanner(slot) {
  const offline = getState().connection === "offline";
  if (offline === (slot.childElementCount > 0)) return;
  fill(slot, offline && h("div", { class: "banner", role: "alert", data: { testid: "offline-banner" } },
    icon("alert"),
    h("p", null, "The server can’t be reached. The page keeps trying by itself."),
    h("button", { type: "button", class: "button small", on: { click: reconnectNow } }, "Try now")));
}

function themeButton() {
  const button = h("button", { type: "button", class: "icon-button", data: { testid: "theme-toggle" } });
  const render = () => {
    const next = currentTheme() === "dark" ? "light" : "dark";
    button.setAttribute("aria-label", `Switch to the ${next} theme`);
    button.title = `Switch to the ${next} theme`;
    fill(button, icon(next === "dark" ? "moon" : "sun"));
  };
  button.addEventListener("click", () => { toggleTheme(); render(); });
  onSystemTheme(render);
  render();
  return button;
}

function renderAccount(slot) {
  const { user } = getState();
  if (slot.dataset.user === String(user?.id ?? "")) return;
  slot.dataset.user = String(user?.id ?? "");
  if (!user) {
    fill(slot);
    return;
  }
  const button = h("button", { type: "button", class: "button small quiet", data: { testid: "sign-out" } },
    icon("signout"), h("span", { class: "wide-only" }, "Sign out"));
  button.setAttribute("aria-label", `Sign out ${user.name || user.username}`);
  button.title = button.getAttribute("aria-label");
  button.addEventListener("click", async () => {
    button.disabled = true;
    await signOut().catch((error) => toast(`You are still signed in. ${errorText(error)}`, { kind: "bad" }));
    button.disabled = false;
  });
  const name = user.name || user.username;
  fill(slot, h("a", { class: "account-link", href: "#/account", "aria-label": `${name}: your account`, title: "Your account", data: { testid: "to-account" } },
    icon("person"), h("span", { class: "account-name wide-only", dir: "auto", data: { testid: "user-name" } }, name)), button);
}

function markAccount(slot) {
  const link = slot.querySelector(".account-link");
  if (getState().section === "account") link?.setAttribute("aria-current", "page");
  else link?.removeAttribute("aria-current");
}
