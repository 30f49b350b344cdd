// Light or dark: the system decides until somebody presses the toggle, then the choice is kept.

const KEY = "greenroom.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"light" | "dark"} the theme that is shown now */
export function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

export function toggleTheme() {
  const next = currentTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch { /* storage is blocked: the choice lasts until the page is left */ }
  return next;
}

/** @param {() => void} listener called when the system's scheme changes */
export function onSystemTheme(listener) {
  system.addEventListener("change", listener);
}
