// What the conversations do by themselves: the one last open comes back once the documents are loaded; the list is
// searched while one types, renamed and deleted in place, asked for anew after an answer, and keeps its focus; buttons
// that judge an answer are pressed and released as the server says.
import { narrow, onPress, questionBox, section, send, toNumber, watch } from "../ui/shared.js";

const SEARCH_PAUSE = 300; // milliseconds of typing nothing, after which the list is searched
const listing = { name: "", page: 0 };
const worked = new Map(); // what is shown below a row, by id: the list may come anew at any moment
let resumed = false;
let seen; // which rendering of the list was seen last
let newest = ""; // the last answer in the chat, and how many there are
let focused = ""; // the control in the list that had the focus last, as a selector
let judged; // which word of the server on an answer was obeyed last
let arriving = false; // whether the list was asked for by hand, and has to come into sight
let typing = 0;

const list = () => section.isOpen("conversations") && document.querySelector(".qa-view-conversations");
const id = (control) => toNumber(control.dataset.conversation);
const row = (control) => control.closest(".qa-conversation");
const opener = (item) => `.qa-conversation[data-conversation="${id(item)}"] [data-qa="reopen"]`;
const within = (control) => {
    const { qa } = control.dataset;
    const link = control.getAttribute("href");
    const part = qa ? `[data-qa="${qa}"]` : link ? `[href="${link}"]` : control.localName;
    return `.qa-conversation[data-conversation="${id(row(control))}"] ${part}`;
};
const show = () => send("conversations", { ...listing });

function arrange(item) {
    const work = worked.get(id(item));
    const field = item.querySelector(".qa-retitle input");
    item.querySelector(".qa-more").open = work !== undefined;
    field.value = work?.typed ?? field.defaultValue;
    for (const part of ["tools", "retitle", "discarding"]) {
        item.querySelector(`.qa-${part}`).hidden = part !== (work?.part ?? "tools");
    }
}

function swap(item, part) {
    worked.set(id(item), { part });
    arrange(item);
}

function leave(item, control) {
    swap(item, "tools");
    item.querySelector(`[data-qa="${control}"]`).focus();
}

const actions = {
    conversations() {
        if (!section.toggle("conversations")) return;
        Object.assign(listing, { name: "", page: 0 });
        focused = "#qa-conversation-filter";
        arriving = true;
        show();
    },
    begin() {
        send("begin", {});
        questionBox()?.focus();
    },
    reopen(control) {
        send("reopen", { conversation: id(control) });
        if (narrow.matches) {
            document.documentElement.dataset.qaSources = "hidden";
            document.querySelector('[data-qa="sources"]').focus();
        }
        // The one that is open already does not arrive anew, so it is brought into sight here.
        const last = [...document.querySelectorAll("#qa-chat .qa-answer")].at(-1);
        if (Number(last?.dataset.conversation) !== id(control)) return;
        (last.closest(".message-row")?.previousElementSibling ?? last).scrollIntoView({ block: "start" });
    },
    "conversation-page"(control) {
        listing.page = toNumber(control.dataset.page);
        show();
    },
    "retitle-ask"(control) {
        const item = row(control);
        swap(item, "retitle");
        item.querySelector(".qa-retitle input").select();
    },
    "discard-ask"(control) {
        const item = row(control);
        swap(item, "discarding");
        item.querySelector('[data-qa="discard-not"]').focus();
    },
    "discard-not": (control) => leave(row(control), "discard-ask"),
    discard(control) {
        const item = row(control);
        const neighbour = item.nextElementSibling ?? item.previousElementSibling;
        focused = neighbour ? opener(neighbour) : ".qa-panel-body";
        worked.delete(id(item));
        send("discard", { conversation: id(control), ...listing });
    },
    // Pressed twice, it deletes; leaving it takes the first press back.
    forget(control) {
        const { turn, ask, again } = control.dataset;
        if (control.classList.contains("qa-alarm")) {
            send("forget", { turn: toNumber(turn) });
            questionBox()?.focus({ preventScroll: true });
            return;
        }
        const before = [control.textContent, control.getAttribute("aria-label")];
        const say = (text, label) => {
            control.classList.toggle("qa-alarm");
            control.textContent = text;
            control.setAttribute("aria-label", label);
        };
        say(ask, again);
        control.focus();
        control.addEventListener("blur", () => say(...before), { once: true });
    },
    judge(control) {
        const { turn, citation, label } = control.dataset;
        send("judge", { turn: toNumber(turn), citation: toNumber(citation), label });
    },
};

onPress(actions);

document.addEventListener(
    "click",
    (event) => {
        const summary = event.target.closest?.(".qa-more > summary");
        if (summary && summary.parentElement.open) worked.delete(id(row(summary)));
        else if (summary) worked.set(id(row(summary)), { part: "tools" });
    },
    true,
);

document.addEventListener("keydown", (event) => {
    const item = row(event.target);
    if (!item) return;
    const renaming = event.target.closest(".qa-retitle");
    if (renaming && event.key === "Enter" && !event.isComposing) {
        focused = opener(item);
        worked.delete(id(item));
        send("retitle", { conversation: id(item), title: event.target.value, ...listing });
    } else if (event.key === "Escape" && (renaming || event.target.closest(".qa-discarding"))) {
        event.stopPropagation();
        leave(item, renaming ? "retitle-ask" : "discard-ask");
    }
}, true);

document.addEventListener("input", (event) => {
    const renamed = event.target.closest(".qa-retitle") && row(event.target);
    if (renamed) worked.set(id(renamed), { part: "retitle", typed: event.target.value });
    if (event.target.id !== "qa-conversation-filter") return;
    Object.assign(listing, { name: event.target.value, page: 0 });
    clearTimeout(typing);
    typing = setTimeout(() => list() && show(), SEARCH_PAUSE);
});

document.addEventListener("focusin", ({ target }) => {
    if (!target.closest(".qa-view-conversations")) focused = target.closest("#qa-side") ? focused : "";
    else if (target.id) focused = `#${target.id}`;
    else if (row(target)) focused = within(target);
    else if (target.dataset.qa) focused = `[data-qa="${target.dataset.qa}"]`;
});

function keepPlace(panel) {
    listing.page = Number(panel.dataset.page);
    const field = panel.querySelector("#qa-conversation-filter");
    if (field && field.value !== listing.name) field.value = listing.name;
    panel.querySelectorAll(".qa-conversation").forEach(arrange);
    const holder = document.activeElement; // what is patched into another row keeps the focus, though it is hidden
    const given = holder !== document.body && holder.checkVisibility() && holder.dataset.qa !== "conversations";
    if (given && !row(holder)) return;
    const last = focused && panel.querySelector(focused);
    const control = last && last.checkVisibility() ? last : panel.querySelector(".qa-panel-body");
    control.focus();
    if (arriving) panel.scrollIntoView({ block: "start" });
    arriving = false;
    if (control === field) field.setSelectionRange(field.value.length, field.value.length);
}

// The server has its word on a judgement in an element of its own, so that the chat need not come anew.
function press(marks) {
    const { turn, thumb, wrong } = marks.dataset;
    document.querySelectorAll(`#qa-chat .qa-judge[data-turn="${Number(turn)}"]`).forEach((button) => {
        const { citation, label } = button.dataset;
        const pressed = citation === "0" ? label === thumb : wrong.includes(` ${citation} `);
        button.setAttribute("aria-pressed", String(pressed));
    });
}

watch(() => {
    if (!resumed && document.querySelector(".qa-progress")?.dataset.version) {
        resumed = true;
        send("resume", { conversation: Number(new URLSearchParams(location.search).get("c")) || 0 });
    }
    const panel = list();
    if (panel && panel.dataset.arrival !== seen) {
        seen = panel.dataset.arrival;
        keepPlace(panel);
    }
    const answer = [...document.querySelectorAll("#qa-chat .qa-answer")].at(-1);
    const now = answer ? `${answer.dataset.conversation} ${answer.id} of ${document.querySelectorAll("#qa-chat .qa-answer").length}` : "";
    if (now !== newest) {
        newest = now;
        if (panel) show();
    }
    const marks = document.querySelector(".qa-judgement");
    if (marks && marks.dataset.arrival !== judged) press(marks);
    judged = marks?.dataset.arrival;
});
