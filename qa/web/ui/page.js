// What the page does by itself: it turns clicks into events, moves the focus, and scrolls to what has just arrived.
// Listeners sit on the document, so they hold whatever is rendered again. No text is ever put into the page from here
// but a button's own labels. What it does for the library is in library.js.
import { narrow, onPress, questionBox, send, toNumber, typeQuestion, watch } from "./shared.js";

const arrived = new Set();
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let conversation; // the one in the chat
let waiting = null; // the line that stands for the answer to come

const scrollTo = (element, block) =>
    element.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block, inline: "nearest" });
const focus = (element) => element.focus({ preventScroll: true });
// Scrolling in the very frame that something comes in would show as a jump of all that is below it.
const afterPaint = (work) => requestAnimationFrame(() => requestAnimationFrame(work));

const actions = {
    example: (control, event) => ask(event, "example", { example: toNumber(control.dataset.example) }),
    next: (control, event) => ask(event, "next", { next: toNumber(control.dataset.next) }),
    alone: (control, event) => ask(event, "alone", { turn: toNumber(control.dataset.turn) }),
    theme() {
        const dark = document.body.classList.toggle("dark");
        localStorage.setItem("qa-theme", dark ? "dark" : "light");
    },
    sources() {
        const shown = document.querySelector("#qa-side").offsetWidth > 0;
        document.documentElement.dataset.qaSources = shown ? "hidden" : "shown";
    },
    edit(control) {
        typeQuestion(control.dataset.text);
        questionBox().focus();
    },
    async copy(control) {
        const { text, done, failed } = control.dataset;
        const label = (control.dataset.label ??= control.textContent);
        control.textContent = await navigator.clipboard.writeText(text).then(
            () => done,
            () => failed,
        );
        setTimeout(() => {
            control.textContent = label;
            const menu = control.closest("details");
            if (menu?.contains(document.activeElement)) focus(menu.querySelector("summary"));
            menu?.removeAttribute("open");
        }, 1200);
    },
};

// What was pressed is rendered anew with the answer. By pointer nothing needs the focus, and on a phone it would bring
// the keyboard up.
function ask(event, name, detail) {
    send(name, detail);
    if (event.detail === 0) questionBox()?.focus({ preventScroll: true });
}

onPress(actions);

const theme = localStorage.getItem("qa-theme");
if (theme) document.body.classList.toggle("dark", theme === "dark");

document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && event.target === questionBox() && !event.target.value) {
        const asked = [...document.querySelectorAll('#qa-chat [data-qa="edit"]')].at(-1);
        if (asked) actions.edit(asked);
    }
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        questionBox()?.focus();
    } else if (event.key === "Escape" && !typing && !event.target.closest?.("#qa-viewer, dialog")) {
        const sheet = narrow.matches && event.target.closest?.("#qa-side");
        if (sheet) document.documentElement.dataset.qaSources = "hidden";
        document.querySelector(sheet ? '[data-qa="sources"]' : "#qa-question textarea")?.focus();
    }
});

function welcome(element) {
    const name = element.dataset.arrive;
    if (arrived.has(name)) return;
    arrived.add(name);
    if (name.startsWith("turn-")) {
        const question = element.closest(".message-row")?.previousElementSibling;
        afterPaint(() => scrollTo(question || element, "start"));
        return;
    }
    const focused = !element.dispatchEvent(new Event("qa-arrived", { bubbles: true, cancelable: true }));
    const [here, body] = [element.querySelector("#qa-here"), element.querySelector(".qa-panel-body")];
    if (!focused) focus(here ?? body); // now: a moment later it would be taken from what was pressed meanwhile
    requestAnimationFrame(() => {
        if (here) here.scrollIntoView({ block: "center", inline: "nearest" }); // at once: pictures on the way are not fetched
        else body.scrollTop = element.querySelector(".qa-begin")?.offsetTop ?? 0;
    });
}

function showQuestion() {
    const pending = document.querySelector("#qa-chat .qa-pending");
    if (pending && pending !== waiting) {
        const question = pending.closest(".message-row")?.previousElementSibling;
        afterPaint(() => question?.isConnected && scrollTo(question, "start"));
    }
    waiting = pending;
}

watch(() => {
    // In another conversation turns are counted from 1 again.
    const shown = document.querySelector("#qa-chat .qa-answer")?.dataset.conversation;
    if (shown !== conversation) {
        conversation = shown;
        arrived.forEach((name) => name.startsWith("turn-") && arrived.delete(name));
    }
    showQuestion();
    document.querySelectorAll("[data-arrive]").forEach(welcome);
});
