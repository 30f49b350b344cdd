// Starts the page: asks who is signed in, then hands over to the router and the live connection.

import { delay, sleep } from "./backoff.js";
import { startConversations, stopConversations } from "./conversations/client.js";
import { isStaff } from "./conversations/model.js";
import { fill, h } from "./dom.js";
import { startLive, stopLive } from "./live.js";
import { toast } from "./notify.js";
import { startRenewal, stopRenewal } from "./renewal.js";
import { Router } from "./router.js";
import { onSessionEnded, restore } from "./session.js";
import { getState, subscribe } from "./store.js";
import { accountView } from "./views/account.js";
import { authView } from "./views/auth.js";
import { conversationsView } from "./views/conversations.js";
import { mountHeader } from "./views/header.js";
import { homeView } from "./views/home.js";
import { interviewView } from "./views/interview.js";
import { jobView } from "./views/job.js";
import { libraryView } from "./views/library.js";
import { notFoundView } from "./views/not-found.js";
import { rehearsalView } from "./views/rehearsal.js";

const outlet = document.getElementById("main");
/** Where the person wanted to go before we asked them to sign in. */
let wanted = "/";

const router = new Router(outlet, [
  { pattern: /^\/$/, view: homeView, access: "member", section: "resumes" },
  { pattern: /^\/jobs\/([0-9a-fA-F-]{36})$/, view: jobView, access: "member", section: "resumes" },
  { pattern: /^\/interview$/, view: interviewView, access: "member", section: "interview" },
  { pattern: /^\/library$/, view: libraryView, access: "member", section: "library" },
  { pattern: /^\/rehearsal$/, view: rehearsalView, access: "member", section: "rehearsal" },
  { pattern: /^\/conversations(?:\/(.*))?$/, view: conversationsView, access: "member", section: "conversations" },
  { pattern: /^\/account$/, view: accountView, access: "member", section: "account" },
  { pattern: /^\/signin$/, view: () => authView("signin"), access: "guest" },
  { pattern: /^\/signup$/, view: () => authView("signup"), access: "guest" },
  { pattern: /(?:)/, view: notFoundView, access: "any" },
], (route, path) => {
  const signedIn = getState().user !== null;
  if (route.access === "member" && !signedIn) {
    wanted = path;
    return "/signin";
  }
  return route.access === "guest" && signedIn ? takeWanted() : null;
});

function takeWanted() {
  // coaches come for those who wait
  const path = wanted === "/" && isStaff(getState().user) ? "/conversations" : wanted;
  wanted = "/";
  return path;
}

/** Asks until the server answers: a page that was loaded must not stay blank because a restart is under way. */
async function restoreSession() {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await restore();
    } catch (error) {
      const text = error.unreachable
        ? "The server can’t be reached. Trying again …"
        : `${error.message} Trying again …`;
      fill(outlet, h("p", { class: "boot", role: "status", data: { testid: "boot-error" } }, text));
      await sleep(Math.max(error.retryAt ? error.retryAt - Date.now() : 0, 1000 + delay(attempt)));
    }
  }
}

onSessionEnded(() => toast("Your session has ended. Please sign in again.", { kind: "info" }));

document.getElementById("skip-link").addEventListener("click", (event) => {
  event.preventDefault();
  outlet.focus();
});
// A file dropped beside the drop zone must not replace the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

mountHeader(document.getElementById("header"), document.getElementById("banner"));
await restoreSession();
let signedIn = getState().user;
let lastUser = signedIn?.id ?? null;
if (signedIn) {
  startRenewal();
  startLive();
  startConversations();
}
router.show();
subscribe(["user"], ({ user }) => {
  if (user?.id === signedIn?.id) return;
  // The page one account wanted to see is not the next account's business.
  if (user && lastUser !== null && user.id !== lastUser) wanted = "/";
  lastUser = user?.id ?? lastUser;
  signedIn = user;
  if (user) {
    startRenewal();
    startLive();
    startConversations();
  } else {
    stopConversations();
    stopLive();
    stopRenewal();
  }
  router.renew();
});
