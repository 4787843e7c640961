// The document beside the answers: it opens at what was pressed, closes, changes its width and the size of its pages, and fetches
// the rows of a table as one scrolls. Keys lead through the sources of an answer while the focus is in the viewer and in no field.
import { narrow, onPress, questionBox, send, toNumber } from "../ui/shared.js";

const ROW = 32; // pixels
const BEFORE = 80; // rows that are fetched above those in sight
const NARROWEST = 320;
const root = document.documentElement;
const inViewer = (element) => element?.closest?.("#qa-viewer");
let opener = null; // what a document was opened from: an element, and as a selector, for it may have been rendered again
let zoom = 1;
let seeking = false; // whether what comes was looked for: the focus then stays in the field

const place = ({ first, mode }) => ({ first: toNumber(first) ?? null, mode: mode ?? "" });
const actions = {
    open(control) {
        const { turn, citation } = control.dataset;
        const at = `[data-turn="${toNumber(turn)}"][data-citation="${toNumber(citation)}"]`;
        remember(control, `#qa-chat [data-qa="open"]${at}`);
        send("open", { turn: toNumber(turn), citation: toNumber(citation), ...place(control.dataset) });
    },
    browse(control) {
        const { document: id, start, end } = control.dataset;
        const at = start === undefined ? "" : `[data-start="${toNumber(start)}"]`;
        remember(control, `:is(#qa-panel, #qa-chat) [data-qa="browse"][data-document="${toNumber(id)}"]${at}`);
        const span = start === undefined ? {} : { start: toNumber(start), end: toNumber(end) };
        send("browse", { document: toNumber(id), ...span, ...place(control.dataset) });
    },
    place(control) {
        const { doc, at } = control.dataset;
        remember(control, `[data-qa="place"][data-at="${at}"]`);
        send("link", { doc, at });
    },
    seek: (control) => seek(toNumber(control.dataset.at)),
    jump(control) {
        const wanted = document.querySelector("#qa-jump").valueAsNumber;
        if (!Number.isInteger(wanted) || wanted < 1) return;
        if (control.dataset.unit === "sheet") {
            document.querySelector(`.qa-sheet[data-page="${wanted}"]`)?.scrollIntoView({ block: "start" });
            return;
        }
        const at = control.dataset.unit === "page" ? { page: wanted } : { first: wanted - 1 };
        send("browse", { document: toNumber(control.dataset.document), mode: "text", ...at });
    },
    zoom(control) {
        zoom = Math.min(3, Math.max(0.5, zoom * 1.25 ** Number(control.dataset.step)));
        resize();
    },
    sheet(control) {
        const grid = document.querySelector(".qa-grid");
        for (const tab of control.parentElement.children) tab.setAttribute("aria-pressed", String(tab === control));
        Object.assign(grid.dataset, { sheet: control.dataset.sheet, rows: control.dataset.rows, row: "0" });
        fillGrid(grid);
    },
    close,
};

function remember(control, selector) {
    if (!inViewer(control)) opener = control.closest("dialog") ? null : { control, selector };
}

function close() {
    delete root.dataset.qaViewer;
    send("closed");
    const same = opener?.control.isConnected && opener.control.matches(opener.selector);
    const control = same ? opener.control : opener && document.querySelector(opener.selector);
    if (control?.closest("#qa-side") && !control.checkVisibility()) root.dataset.qaSources = "shown";
    (control ?? questionBox())?.focus({ preventScroll: Boolean(!control) });
}

function seek(at) {
    const field = document.querySelector("#qa-find");
    const { document: id, mode } = field.dataset;
    send("browse", { document: toNumber(id), sought: field.value, at, mode });
    seeking = true;
}

document.addEventListener("submit", (event) => {
    if (!event.target.matches(".qa-find")) return;
    event.preventDefault();
    seek(1);
});

const shownWidth = () => (zoom === 1 ? "(max-width: 56rem) 100vw, 45vw" : `${Math.round(45 * zoom)}vw`);

function resize() {
    const sheets = document.querySelector(".qa-sheets");
    sheets?.style.setProperty("--qa-zoom", zoom);
    sheets?.querySelectorAll("img").forEach((image) => (image.sizes = shownWidth()));
}

// A page gets its picture when it is near what is in sight.
function drawPage(sheet) {
    const { picture, widths, alt } = sheet.parentElement.dataset;
    const address = picture.replace("{page}", sheet.dataset.page);
    const image = new Image();
    image.alt = alt.replace("{page}", sheet.dataset.page);
    image.sizes = shownWidth();
    image.srcset = widths.split(" ").map((width) => `${address}${width} ${width}w`).join(", ");
    sheet.prepend(image);
}

function drawNear(panel) {
    const near = new IntersectionObserver(
        (entries) => {
            for (const { isIntersecting, target } of entries) {
                if (!isIntersecting) continue;
                near.unobserve(target);
                drawPage(target);
            }
        },
        { root: panel.querySelector(".qa-panel-body"), rootMargin: "50%" },
    );
    panel.querySelectorAll(".qa-sheet").forEach((sheet) => near.observe(sheet));
}

async function fetchRows(grid, first, count = 200) {
    const { address, version, sheet } = grid.dataset;
    const response = await fetch(`${address}?sheet=${sheet}&first=${first}&count=${count}&v=${version}`);
    return { first, count, rows: response.ok ? await response.json() : [] };
}

const cells = (row, [shown, values], name) => {
    for (const [kind, text] of [["th", shown], ...values.map((value) => [name, value])]) {
        const cell = document.createElement(kind);
        cell.textContent = text;
        cell.title = text;
        row.append(cell);
    }
    return row;
};

// Rows are counted from 1, as a spreadsheet shows them; blank ones have no cells.
async function fillGrid(grid) {
    const { rows, row, sheet } = grid.dataset;
    const [head, begin] = await Promise.all([fetchRows(grid, 1, 1), fetchRows(grid, Math.max(1, row - BEFORE))]);
    const space = document.createElement("div");
    const table = document.createElement("table");
    let [drawn, pending] = [begin, false];
    cells(table.createTHead().insertRow(), head.rows[0] ?? [1, []], "th");
    const body = table.createTBody();
    space.className = "qa-grid-space";
    space.style.height = `${Number(rows) * ROW}px`;
    space.append(table);
    grid.replaceChildren(space);

    function draw() {
        body.replaceChildren();
        body.insertRow().insertCell().style.height = `${Math.max(0, drawn.first - 2) * ROW}px`;
        const found = new Map(drawn.rows);
        for (let number = Math.max(2, drawn.first); number < drawn.first + drawn.count && number <= rows; number++) {
            const line = cells(body.insertRow(), [number, found.get(number) ?? []], "td");
            if (String(number) === row) line.id = "qa-here";
        }
    }

    grid.onscroll = async () => {
        const first = Math.floor(grid.scrollTop / ROW) + 1;
        const last = Math.min(rows, first + Math.ceil(grid.clientHeight / ROW));
        if (pending || (first >= drawn.first && last < drawn.first + drawn.count)) return;
        pending = true;
        const fetched = await fetchRows(grid, Math.max(1, first - BEFORE));
        pending = false;
        if (grid.dataset.sheet !== sheet || !space.isConnected) return;
        drawn = fetched;
        draw();
        grid.onscroll(); // for it may have been scrolled on meanwhile
    };
    draw();
    const here = grid.querySelector("#qa-here");
    here?.classList.add("qa-lit");
    here?.setAttribute("tabindex", "-1");
    here?.scrollIntoView({ block: "center" });
    here?.focus({ preventScroll: true });
}

// Called by the page when a document has come.
document.addEventListener("qa-arrived", (event) => {
    const { target } = event;
    if (!inViewer(target)) return;
    root.dataset.qaViewer = "open";
    tellWidth();
    if (narrow.matches) root.dataset.qaSources = "hidden";
    resize();
    drawNear(target);
    const first = target.querySelector(":is(.qa-box, .qa-markup .qa-mark).qa-current");
    if (first) first.id = "qa-here";
    target.querySelectorAll(".qa-grid").forEach(fillGrid);
    if (seeking) {
        event.preventDefault(); // or the place that was found had the focus
        target.querySelector("#qa-find").focus({ preventScroll: true });
    }
    seeking = false;
});

onPress(actions);

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Enter" && event.target.id === "qa-jump") document.querySelector('[data-qa="jump"]').click();
    const field = event.target.closest?.("input, textarea, select");
    if (!inViewer(event.target) || field?.value) return; // Esc empties the field first
    if (event.key === "Escape") return close();
    if (field) return;
    const steps = [...document.querySelectorAll("#qa-viewer .qa-steps [aria-keyshortcuts]")];
    const step = steps.find((button) => button.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
    if (!step) return;
    event.preventDefault();
    step.click();
});

const tellWidth = () => {
    const share = Math.round((100 * document.querySelector("#qa-viewer")?.offsetWidth) / innerWidth);
    document.querySelector(".qa-splitter")?.setAttribute("aria-valuenow", share);
};

// The width of the viewer, by pointer or by arrow keys; it is remembered.
const kept = Number(localStorage.getItem("qa-viewer-width"));
function widen(pixels) {
    const width = Math.round(Math.min(innerWidth * 0.7, Math.max(NARROWEST, pixels)));
    root.style.setProperty("--qa-viewer-width", `${width}px`);
    localStorage.setItem("qa-viewer-width", width);
    tellWidth();
}
if (kept) widen(kept);
document.addEventListener("pointerdown", (event) => {
    const splitter = event.target.closest?.(".qa-splitter");
    if (!splitter) return;
    splitter.setPointerCapture(event.pointerId);
    splitter.onpointermove = ({ clientX }) => widen(innerWidth - clientX);
    splitter.onpointerup = () => (splitter.onpointermove = null);
});
document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: 40, ArrowRight: -40 }[event.key];
    if (!step || !event.target.matches?.(".qa-splitter")) return;
    event.preventDefault();
    widen(document.querySelector("#qa-viewer").offsetWidth + step);
});
