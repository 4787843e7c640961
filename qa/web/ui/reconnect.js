// What the page says, in one line, when the server does not answer or has too much to do, in place of the messages that
// Gradio pops up; and the way back: once the server answers again the page is loaded anew, with what was typed still there.
import { questionBox, typeQuestion, watch } from "./shared.js";

const CALM = 15000; // milliseconds between two looks at the server while all is well
const EAGER = 1000; // and while it is waited for
const LEAVING = 5000; // milliseconds that it may take to get to another page, during which the end of a connection is no fault
const PATIENCE = 10000; // milliseconds it may take to answer a look
const DRAFT = "qa-draft";
const heeded = new WeakSet(); // messages of Gradio that were seen to
let started = null; // which start of the server the page belongs to
let broken = false; // whether a connection of the page has ended, which only loading it anew brings back
let waited = false; // whether the server is waited for
let leaving = false; // whether another page was asked for
let timer = 0;
let draft = sessionStorage.getItem(DRAFT);

const line = document.createElement("p");
line.className = "qa-message qa-alarm qa-connection";
line.setAttribute("role", "alert");

function say(name) {
    const text = name ? (document.querySelector(".qa-header")?.dataset[name] ?? "") : "";
    if (!line.isConnected) document.querySelector("#qa-composer")?.append(line);
    if (line.textContent !== text) line.textContent = text;
}

async function look() {
    clearTimeout(timer);
    const found = { status: 0, app_id: null };
    try {
        const signal = AbortSignal.timeout(PATIENCE);
        const answer = await fetch("gradio_api/app_id", { cache: "no-store", signal });
        found.status = answer.status;
        if (answer.ok) found.app_id = (await answer.json()).app_id;
    } catch {
        found.status = 0;
    }
    if (found.app_id !== null) {
        started ??= found.app_id;
        if (!leaving && (broken || started !== found.app_id)) return location.reload();
        if (waited) say("");
    } else {
        say(found.status === 401 ? "token" : "lost");
    }
    waited = found.app_id === null;
    timer = setTimeout(look, waited ? EAGER : CALM);
}

async function heed(message) {
    const text = message.textContent;
    heeded.add(message);
    if (/queue is full|currently busy/i.test(text)) return say("busy");
    broken ||= /connection/i.test(text);
    await look();
    if (!waited && !broken) say("error");
}

function holdsAnswer({ addedNodes }) {
    const answers = ".qa-question, #qa-message .qa-message";
    return [...addedNodes].some((node) => node.matches?.(answers) || node.querySelector?.(answers));
}

function restore() {
    if (draft === null || !questionBox()) return;
    typeQuestion(draft);
    draft = null;
}

addEventListener("pagehide", () => {
    const text = questionBox()?.value;
    if (text) sessionStorage.setItem(DRAFT, text);
    else sessionStorage.removeItem(DRAFT);
});
addEventListener("beforeunload", () => {
    leaving = true;
    setTimeout(() => {
        leaving = false;
        if (broken) look();
    }, LEAVING);
});
addEventListener("online", look);
addEventListener("offline", look);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
document.addEventListener("input", (event) => event.target === questionBox() && !waited && say(""));

watch((changes) => {
    restore();
    // One body holds all messages of a kind, also those that come while it fades.
    for (const message of document.querySelectorAll(".toast-message-item")) {
        if (heeded.has(message)) continue;
        heed(message);
        message.closest(".toast-body").querySelector(".toast-close").click();
    }
    if (line.textContent && !waited && changes.some(holdsAnswer)) say("");
});
look();
