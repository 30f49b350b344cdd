// Buttons that send a wish to the server.

import { errorText } from "../format.js";
import { toast } from "../notify.js";

/** Runs a wish with its button locked; tells what went wrong. */
export async function busy(button, wish) {
  const focused = document.activeElement === button;
  button.disabled = true;
  try {
    await wish();
  } catch (error) {
    toast(errorText(error), { kind: "bad" });
  } finally {
    button.disabled = false;
    // A locked button loses the focus; nobody should have to look for their place again.
    if (focused && document.activeElement === document.body && button.checkVisibility()) button.focus();
  }
}
