// The tabs beside the chat: which of the two is shown, by click and by arrow keys; and what is pressed about a batch.
// Both stay in the page all the time, so that neither loses what was typed or chosen.
import { onPress, send, watch } from "../ui/shared.js";

const tabs = () => [...document.querySelectorAll(".qa-tabs [role=tab]")];
let looked = false; // whether it was asked how the batch of before stands
let acted = false; // whether a button of the batch was pressed, whose place another one takes

function select(tab) {
    document.documentElement.dataset.qaTab = tab.dataset.tab;
    for (const other of tabs()) {
        other.setAttribute("aria-selected", String(other === tab));
        other.tabIndex = other === tab ? 0 : -1;
    }
}

onPress({
    tab: select,
    batch({ dataset: { act, outcome, page } }) {
        acted = true;
        send("batch", { act, outcome, page: Number(page ?? 0) });
    },
});

document.addEventListener("submit", (event) => {
    if (!event.target.matches(".qa-paste")) return;
    event.preventDefault();
    send("batch", { act: "paste", text: document.querySelector("#qa-paste").value });
});

document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.(".qa-tabs [role=tab]");
    const all = tabs();
    const position = all.indexOf(tab);
    const moves = { ArrowRight: position + 1, ArrowLeft: position - 1 + all.length, Home: 0, End: all.length - 1 };
    if (!tab || !Object.hasOwn(moves, event.key)) return;
    event.preventDefault();
    const next = all[moves[event.key] % all.length];
    select(next);
    next.focus();
});

// Gradio's columns have no roles of their own.
function namePanels() {
    for (const tab of tabs()) {
        const panel = document.getElementById(tab.getAttribute("aria-controls"));
        if (!panel || panel.getAttribute("role") === "tabpanel") continue;
        panel.setAttribute("role", "tabpanel");
        panel.setAttribute("aria-labelledby", tab.id);
    }
}

function keepFocus() {
    const button = document.querySelector("#qa-batch-controls .qa-button:not(:disabled)");
    if (!acted || document.activeElement !== document.body || !button) return;
    button.focus();
    acted = false;
}

// A batch of this browser goes on without the page; the menu of libraries is the last that an opening page hears of.
function look() {
    if (looked || !document.querySelector(".qa-libraries")) return;
    looked = true;
    send("batch", { act: "look" });
}

watch(() => {
    look();
    namePanels();
    keepFocus();
});
