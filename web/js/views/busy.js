// Buttons that send a wish to the server.

import { errorText } from "../format.js";
import { toast } from "../notify.js";

/** Runs a wish with its button locked; tells what went wrong. */
export async function busy(button, wish) {
  button.disabled = true;
  try {
    await wish();
  } catch (error) {
    toast(errorText(error), { kind: "bad" });
  } finally {
    button.disabled = false;
  }
}
