// Kept quotes: stars are pressed and released as the server says, notes are kept with Enter, and the menu that copies a quote is
// filled when it is unfolded.
import { onPress, section, send, toNumber, watch } from "../ui/shared.js";

const panel = () => section.isOpen("kept") && document.querySelector(".qa-view-kept");
const drafts = new Map(); // notes that are being written, by id: the list may come anew at any moment
const seen = {}; // which rendering of a part was seen last
let page = 0;
let told = 0; // the number of the last rendering of the button, which tells what is kept
let asked = false; // whether the list was asked for by hand, and takes the focus

function show() {
    send("kept", { page });
}

const actions = {
    kept() {
        if (!section.toggle("kept")) return;
        page = 0;
        asked = true;
        show();
    },
    "kept-page"(control) {
        page = toNumber(control.dataset.page);
        show();
    },
    star: ({ dataset: { turn, citation } }) => send("star", { turn: toNumber(turn), citation: toNumber(citation) }),
    "open-kept": ({ dataset: { kept } }) => send("open_kept", { kept: toNumber(kept) }),
    unkeep({ dataset: { kept } }) {
        asked = true;
        drafts.delete(kept);
        send("unkeep", { kept: toNumber(kept), page });
    },
    rekeep() {
        asked = true;
        send("rekeep", { page });
    },
};

onPress(actions);

document.addEventListener("input", ({ target }) => target.matches(".qa-note") && drafts.set(target.dataset.kept, target.value));
document.addEventListener("change", ({ target }) => {
    if (!target.matches(".qa-note")) return;
    drafts.delete(target.dataset.kept);
    target.defaultValue = target.value;
    send("annotate", { kept: toNumber(target.dataset.kept), note: target.value });
});
document.addEventListener(
    "keydown",
    (event) => {
        if (event.key !== "Escape") return;
        const menu = event.target.closest?.(".qa-copying[open]");
        if (event.target.matches(".qa-note")) event.target.value = event.target.defaultValue;
        else if (!menu) return;
        event.stopPropagation();
        menu?.removeAttribute("open");
        menu?.firstElementChild.focus();
    },
    true,
);

document.addEventListener(
    "toggle",
    ({ target: menu }) => {
        if (!menu.matches?.(".qa-copy-quote[open]")) return;
        const { turn, citation, kept, doc, at } = menu.dataset;
        const lib = new URLSearchParams(location.search).get("lib");
        const link = menu.querySelector('[data-style="link"]');
        link.dataset.text = `${location.origin}${location.pathname}?${new URLSearchParams({ ...(lib && { lib }), doc, at })}`;
        link.disabled = false;
        if (menu.querySelector("[disabled]")) send("cite", { turn: toNumber(turn), citation: toNumber(citation), kept: toNumber(kept) });
    },
    true,
);

const parts = {
    ".qa-cited"({ dataset }) {
        const { kept, turn, citation } = dataset;
        const which = kept ? `[data-kept="${toNumber(kept)}"]` : `[data-turn="${toNumber(turn)}"][data-citation="${toNumber(citation)}"]`;
        document.querySelectorAll(`.qa-copy-quote${which} [disabled]`).forEach((button) => {
            const style = button.dataset.style;
            button.dataset.text = dataset[`text${style[0].toUpperCase()}${style.slice(1)}`];
            button.disabled = false;
        });
    },
    ".qa-kept-bar"({ dataset: { stars, arrival } }) {
        // Of two answers that come at once Gradio may show the earlier one last. What is asked for then counts, whatever its number.
        const older = toNumber(arrival) < told;
        told = older ? 0 : toNumber(arrival);
        if (older) return send("recount");
        document.querySelectorAll("#qa-chat .qa-star").forEach((button) => {
            const { turn, citation } = button.dataset;
            button.setAttribute("aria-pressed", String(stars.includes(` ${turn}-${citation} `)));
        });
        section.tell();
        if (panel() && !asked) show();
    },
    ".qa-view-kept"(list) {
        page = toNumber(list.dataset.page);
        list.querySelectorAll(".qa-note").forEach((note) => (note.value = drafts.get(note.dataset.kept) ?? note.defaultValue));
        if (asked) (list.querySelector(".qa-kept-undo button") ?? list.querySelector(".qa-panel-body")).focus();
        asked = false;
    },
};

watch(() => {
    for (const [name, arrive] of Object.entries(parts)) {
        const part = document.querySelector(name);
        if (part?.dataset.arrival === seen[name]) continue;
        seen[name] = part?.dataset.arrival;
        if (part) arrive(part);
    }
});
