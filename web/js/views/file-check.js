// What a file and a LinkedIn address must be, said before anything is sent. The server decides in the end.

export const MAX_BYTES = 10 * 1024 * 1024;
export const ACCEPT = ".pdf,.doc,.docx,application/pdf,application/msword,application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/** @param {FileList | File[]} files @returns {string | null} what is wrong and what to do, or null */
export function filesProblem(files) {
  if (files.length === 0) return "That was not a file. Please drop a PDF, DOC or DOCX file.";
  if (files.length > 1) return "One résumé at a time, please. Choose a single file.";
  const [file] = files;
  if (!/\.(pdf|docx?)$/i.test(file.name)) return `“${file.name}” is not a PDF, DOC or DOCX file. Save it as one of these and try again.`;
  if (file.size === 0) return `“${file.name}” is empty. Please choose another file.`;
  if (file.size > MAX_BYTES) {
    return `“${file.name}” has ${(file.size / 1024 / 1024).toFixed(1)} MB; at most 10 MB are possible. Make the pictures in it smaller and try again.`;
  }
  return null;
}

/** What the server's refusal of a content means for a file whose name was right. @param {string} name */
export function damaged(name) {
  const kind = /\.(\w+)$/.exec(name)?.[1].toUpperCase();
  return `“${name}” is named as a ${kind} file, but its content is not one: it is damaged, or of another kind. Open it in the program it was made with, and save it as PDF or DOCX once more.`;
}

/** An address as people type it, with its scheme. @param {string} text */
export function linkedinAddress(text) {
  const address = text.trim();
  return /^([\w-]+\.)*linkedin\.com(?![\w.-])/i.test(address) ? `https://${address}` : address;
}

/** @param {string} text @returns {string | null} */
export function linkedinProblem(text) {
  if (!text) return null;
  const hint = "Please enter an address like https://www.linkedin.com/in/your-name, or leave this empty.";
  if (text.length > 500) return "That address is too long; at most 500 characters are possible.";
  try {
    const { protocol, hostname } = new URL(text);
    return /^https?:$/.test(protocol) && /(^|\.)linkedin\.com$/i.test(hostname) ? null : hint;
  } catch {
    return hint;
  }
}
