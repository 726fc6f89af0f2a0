// @ts-check
/** Texts by key in the person's language. The API sends codes; sentences are made here. */

const LANGUAGES = ["en", "ru"];
const KEY = "podal.language";

/** @type {Record<string, string>} */
let texts = {};
let language = "en";

/** @returns {string} the language in use */
export function currentLanguage() {
  return language;
}

/** Choose the language remembered, else the browser's first one that is known. */
export function preferredLanguage() {
  const remembered = recall();
  const wanted = [remembered, ...navigator.languages].map((tag) => (tag ?? "").slice(0, 2));
  return wanted.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** @param {string} wanted */
export async function useLanguage(wanted) {
  const answer = await fetch(`/static/texts/${wanted}.json`);
  texts = await answer.json();
  language = wanted;
  document.documentElement.lang = wanted;
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(/** @type {HTMLElement} */ (element).dataset.text ?? "");
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(/** @type {HTMLElement} */ (element).dataset.label ?? ""));
  }
}

export async function useOtherLanguage() {
  const other = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
  await useLanguage(other);
  try {
    localStorage.setItem(KEY, other);
  } catch {
    // Private windows may forbid it; then the choice lasts until the page closes.
  }
}

function recall() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {string} key @returns {boolean} */
export function knows(key) {
  return key in texts;
}

/** @param {string} key @param {Record<string, string | number>} [values] */
export function say(key, values = {}) {
  let text = texts[key] ?? key;
  for (const [name, value] of Object.entries(values)) {
    text = text.replaceAll(`{${name}}`, String(value));
  }
  return text;
}

/** @param {unknown} title a text, or texts by language @returns {string} */
export function inLanguage(title) {
  if (typeof title === "string") return title;
  if (title === null || typeof title !== "object") return "";
  const byLanguage = /** @type {Record<string, string>} */ (title);
  return byLanguage[language] ?? byLanguage.en ?? "";
}
