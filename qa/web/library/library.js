// What the library does by itself: it refuses files that are too many or too large before they are sent, filters the
// list by name while one types, keeps place and focus when the list comes anew, asks for it when the documents have
// changed, and tells screen readers how indexing goes, now and then.
import { onPress, questionBox, send, toNumber, watch } from "../ui/shared.js";

const FILTER_PAUSE = 300; // milliseconds of typing nothing, after which a list of several pages is asked for anew
const listing = { state: "", name: "", page: 0 };
let seen = null; // the list as it was rendered last
let scrolled = 0;
let focused = ""; // the control in the list that had the focus last, as a selector
let leaving = false; // whether something else than the list was asked for
let version = "";
let typing = 0;

const scope = new Set(); // what is ticked: names, and folders with their slash

const list = () => document.querySelector(".qa-view-library[data-page]");
const row = (control) => toNumber(control.dataset.row);

const actions = {
    library() {
        focused ||= ".qa-panel-body"; // what was pressed goes, and somebody who came from the chat was nowhere in the list
        send("library", { ...listing });
    },
    state(control) {
        Object.assign(listing, { state: control.dataset.state, page: 0 });
        scrolled = 0;
        send("library", { ...listing });
    },
    rows(control) {
        listing.page = toNumber(control.dataset.page);
        scrolled = 0;
        send("library", { ...listing });
    },
    remove(control) {
        const tick = control.closest(".qa-row").querySelector("[data-scope]");
        if (scope.delete(tick?.dataset.scope)) tellScope();
        send("remove", { row: row(control), ...listing });
    },
    restore: (control) => send("restore", { row: row(control), ...listing }),
    reindex: () => send("reindex", { ...listing }),
    "pick-files": () => document.querySelector("#qa-drop input[type=file]")?.click(),
    "pick-folder": () => document.querySelector("#qa-folder")?.click(),
    "try-example": () => send("try_example", {}),
    "delete-library": () => send("delete_library", {}),
    "restore-library": () => send("restore_library", {}),
    "scope-all"() {
        scope.clear();
        tellScope();
        questionBox()?.focus();
    },
    holdings() {
        leaving = true;
        send("holdings", {});
    },
};

onPress(actions);

// Ticks narrow what is searched; what is in a ticked folder is ticked with it.
function showScope() {
    for (const tick of document.querySelectorAll("[data-scope]")) {
        const name = tick.dataset.scope;
        const within = [...scope].some((each) => each.endsWith("/") && each !== name && name.startsWith(each));
        tick.checked = within || scope.has(name);
        tick.disabled = within;
    }
}

// What was ticked and is no more in the list is not named any longer, as long as something else is ticked: that all
// are searched again is for the visitor to say. A part of the list does not tell.
function dropGone(panel) {
    const { state, name, pages } = panel.dataset;
    if (!scope.size || state || name || Number(pages) > 1) return;
    const files = [...panel.querySelectorAll(".qa-row:not(.qa-state-excluded) .qa-file")].map(({ title }) => title);
    const isThere = (each) => files.some((file) => (each.endsWith("/") ? file.startsWith(each) : file === each));
    const gone = [...scope].filter((each) => !isThere(each));
    if (!gone.length || gone.length === scope.size) return;
    gone.forEach((each) => scope.delete(each));
    tellScope();
}

function tellScope() {
    showScope();
    send("chosen", scope.size ? JSON.stringify([...scope]) : "");
    const line = document.querySelector("p.qa-scope-choice");
    line.hidden = !scope.size;
    line.querySelector("bdi").textContent = [...scope].join(", ");
}

document.addEventListener("change", ({ target }) => {
    const name = target.dataset?.scope;
    if (name === undefined) return;
    if (target.checked) scope.add(name);
    else scope.delete(name);
    tellScope();
});

function refuse(event, files) {
    const limits = document.querySelector("#qa-library-message .qa-message").dataset;
    const sizes = files.map((file) => file.size);
    const [largest, together] = [Math.max(...sizes), sizes.reduce((sum, size) => sum + size, 0)];
    const excess = [files.length > limits.files, largest > limits.largest, together > limits.together];
    if (!excess.includes(true)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { name } = files[sizes.indexOf(largest)];
    send("refuse", { count: files.length, name, largest, together });
}

document.addEventListener(
    "change",
    (event) => {
        if (!event.target.matches?.("#qa-adding input[type=file]") || !event.target.files.length) return;
        refuse(event, [...event.target.files]);
        if (event.defaultPrevented) event.target.value = "";
    },
    true,
);

// Files dropped anywhere are added, folders with all that is in them.
async function gather(entry) {
    if (entry.isFile) return [await new Promise((take, fail) => entry.file(take, fail))];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
        const some = await new Promise((take, fail) => reader.readEntries(take, fail));
        if (!some.length) return (await Promise.all(found.map(gather))).flat();
        found.push(...some);
    }
}

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (!document.querySelector("#qa-drop")) return;
    document.body.dataset.qaDrop = document.querySelector(".qa-header").dataset.drop;
});
document.addEventListener("dragleave", (event) => event.relatedTarget || delete document.body.dataset.qaDrop);
document.addEventListener(
    "drop",
    async (event) => {
        delete document.body.dataset.qaDrop;
        if (!carriesFiles(event) || event.target.closest?.("#qa-batch")) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
        const files = entries.length ? (await Promise.all(entries.map(gather))).flat() : [...event.dataTransfer.files];
        const input = document.querySelector("#qa-drop input[type=file]");
        if (!input || !files.length) return;
        const sent = new DataTransfer();
        files.forEach((file) => sent.items.add(file));
        input.files = sent.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    },
    true,
);

function filter() {
    const rows = [...document.querySelectorAll(".qa-view-library .qa-row")];
    const wanted = listing.name.trim().toLowerCase();
    const [folders, files] = [true, false].map((is) => rows.filter((item) => item.matches(".qa-folder") === is));
    const shown = files.filter((item) => {
        const names = [item.querySelector(".qa-file").title, item.querySelector(".qa-title")?.textContent ?? ""];
        item.hidden = !names.some((name) => name.toLowerCase().includes(wanted));
        return !item.hidden;
    });
    const sources = shown.map((item) => item.querySelector(".qa-file").title);
    for (const item of folders) {
        const { scope: folder } = item.querySelector("[data-scope]").dataset;
        item.hidden = !sources.some((source) => source.startsWith(folder));
    }
    const nothing = document.querySelector(".qa-view-library .qa-nothing");
    if (nothing) nothing.hidden = shown.length > 0;
}

// Libraries are made and renamed by name, and given a model; the page then goes to the one that was made or changed.
document.addEventListener("submit", (event) => {
    const { act } = event.target.dataset ?? {};
    if (!event.target.matches(".qa-library-form")) return;
    event.preventDefault();
    send(act, { name: event.target.querySelector("input")?.value, model: event.target.querySelector("select")?.value });
});

// Whoever opens the menu with a pointer can write the name of a new library at once; a touch would raise a keyboard over it.
document.addEventListener(
    "toggle",
    ({ target }) => {
        if (!target.matches(".qa-libraries[open]") || target.querySelector("summary:focus-visible")) return;
        if (matchMedia("(hover: hover)").matches) target.querySelector("input").focus();
    },
    true,
);

document.addEventListener("input", (event) => {
    if (event.target.id !== "qa-filter") return;
    listing.name = event.target.value;
    filter();
    const { pages, name } = list().dataset;
    clearTimeout(typing);
    if (Number(pages) > 1 || name) {
        typing = setTimeout(() => list() && send("renew", { ...listing, page: 0 }), FILTER_PAUSE);
    }
});

document.addEventListener(
    "scroll",
    (event) => {
        if (event.target.matches?.(".qa-view-library .qa-panel-body")) scrolled = event.target.scrollTop;
    },
    true,
);

document.addEventListener("focusin", ({ target }) => {
    const inside = target.closest(".qa-view-library");
    const { qa, row: number, document: id, state } = target.dataset;
    if (!inside) focused = target.closest("#qa-side") ? focused : "";
    else if (target.id) focused = `#${target.id}`;
    else if (qa) {
        focused = `[data-qa="${qa}"]`;
        if (number) focused = `.qa-row [data-row="${number}"]`;
        if (id) focused += `[data-document="${id}"]`;
        if (state !== undefined) focused += `[data-state="${state}"]`;
    }
});

document.addEventListener("pointerdown", ({ target }) => {
    if (!target.closest("#qa-side")) focused = ""; // somebody who turns to something else is not called back
});

function keepPlace(panel, back) {
    listing.page = Number(panel.dataset.page);
    listing.state = panel.dataset.state;
    const field = panel.querySelector("#qa-filter");
    if (field && field.value !== listing.name) field.value = listing.name;
    filter();
    dropGone(panel);
    showScope();
    panel.querySelector(".qa-panel-body").scrollTop = scrolled;
    regainFocus(panel, back);
}

function regainFocus(panel, back) {
    const field = panel.querySelector("#qa-filter");
    const control = document.activeElement === document.body && focused && panel.querySelector(focused);
    if (control) {
        control.focus({ preventScroll: true });
        if (back && !control.matches(".qa-panel-body")) control.scrollIntoView({ block: "nearest" });
        if (control === field) field.setSelectionRange(field.value.length, field.value.length);
    }
}

function follow() {
    const go = document.querySelector(".qa-libraries[data-go]");
    if (go) {
        location.assign(go.dataset.go);
        go.removeAttribute("data-go");
    }
    const panel = list();
    if (panel !== seen) {
        const back = seen === null;
        seen = panel;
        leaving = false;
        if (panel) keepPlace(panel, back);
    } else if (panel) {
        dropGone(panel);
        showScope(); // it may be patched, and a tick stays at its place in the list though another document is there
        regainFocus(panel, false); // and a row has no button while it is being read
    }
    const now = document.querySelector(".qa-progress")?.dataset.version ?? "";
    if (now && now !== version) {
        const renew = version && panel && !leaving;
        version = now;
        if (renew) send("renew", { ...listing });
    }
}

const voice = document.createElement("p");
voice.className = "qa-hidden";
voice.setAttribute("role", "status");

function speak() {
    const said = document.querySelector(".qa-scope")?.dataset.said;
    if (!said) return;
    if (!voice.isConnected) document.querySelector("#qa-columns")?.append(voice);
    if (voice.textContent !== said) voice.textContent = said;
}

// Gradio has words of its own in the place where files are dropped; ours come from its label.
function labelDrop() {
    const button = document.querySelector("#qa-drop button.upload-container");
    const label = document.querySelector("#qa-drop label")?.textContent.trim();
    if (!button || !label || button.dataset.label === label) return;
    button.dataset.label = label;
    button.setAttribute("aria-label", label);
}

watch(() => {
    follow();
    speak();
    labelDrop();
});
