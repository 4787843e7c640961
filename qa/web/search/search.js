// Search everything (Ctrl-K): the places of some words come while one types. And "More places" below an answer, counted
// before it is unfolded.
import { onPress, watch } from "../ui/shared.js";

const PAUSE = 120; // milliseconds of typing nothing
const DAY = 86_400_000;
const dialog = () => document.querySelector("dialog.qa-search");
let asked = 0; // number of the last request: an answer that comes after a later one is dropped
let typing = 0;

async function fetchPlaces(wanted, without = []) {
    const body = JSON.stringify([wanted, without]);
    const response = await fetch(`places${location.search}`, { method: "POST", body, headers: { "content-type": "application/json" } });
    return response.ok ? response.text() : "";
}

function offer(name, values, kept) {
    const select = document.querySelector(name);
    if (select.length === values.length + 1) return;
    select.replaceChildren(select.options[0], ...values.map((value) => new Option(value, value)));
    select.value = kept;
}

async function search() {
    const words = document.querySelector("#qa-search").value.trim();
    const [suffix, folder, days] = ["type", "folder", "since"].map((name) => document.querySelector(`#qa-search-${name}`).value);
    const since = days && new Date(Date.now() - days * DAY).toISOString().slice(0, 10);
    const results = dialog().querySelector(".qa-search-results");
    const number = ++asked;
    const html = words ? await fetchPlaces({ words, suffix, folder, since }) : "";
    if (number !== asked) return;
    results.innerHTML = html; // escaped where it was made
    const { types, folders } = results.firstElementChild?.dataset ?? {};
    if (types === undefined) return;
    offer("#qa-search-type", types.split(" ").filter(Boolean), suffix);
    offer("#qa-search-folder", JSON.parse(folders), folder);
}

function open() {
    if (!dialog().open) dialog().showModal();
    document.querySelector("#qa-search").select();
}

document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        open();
    }
    if (dialog()?.open && event.key === "Escape") {
        event.preventDefault(); // the field would only be emptied
        dialog().close();
    }
    if (!dialog()?.open || !["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("select")) return;
    const stops = [document.querySelector("#qa-search"), ...dialog().querySelectorAll(".qa-place")];
    const next = stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    stops[Math.max(0, Math.min(next, stops.length - 1))].focus();
});

onPress({ search: open, "search-close": () => dialog().close() });

document.addEventListener("click", ({ target }) => {
    if (target.matches?.("dialog.qa-search") || target.closest?.("dialog .qa-place")) dialog().close(); // or a press beside it
});

for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
        if (!event.target.closest?.("dialog.qa-search")) return;
        clearTimeout(typing);
        typing = setTimeout(search, PAUSE);
    });
}
document.addEventListener("submit", (event) => {
    if (!event.target.matches(".qa-search-bar")) return;
    event.preventDefault(); // Enter in the field opens the first place
    dialog().querySelector(".qa-place")?.click();
});

const MOST_KEPT = 100; // answers
const fetched = new Map(); // what came for a fold, by what it asked for: the chat may be rendered anew at any moment
const filling = new WeakSet();

async function fillFold(fold) {
    if (filling.has(fold)) return;
    filling.add(fold);
    const { words, sources, without, counted } = fold.dataset;
    const key = JSON.stringify([words, sources, without]);
    if (!fetched.has(key)) {
        const html = fetchPlaces({ words, sources: JSON.parse(sources) }, JSON.parse(without));
        fetched.set(key, html.catch(() => ""));
    }
    const html = await fetched.get(key);
    if (!html) {
        fetched.delete(key);
        filling.delete(fold); // unfolded, it is tried again
        return;
    }
    if (fetched.size > MOST_KEPT) fetched.delete(fetched.keys().next().value);
    const list = fold.querySelector(".qa-more-list");
    list.innerHTML = html; // escaped where it was made
    if (list.firstElementChild.dataset.types === undefined) return; // nothing was searched, and it says why
    const count = list.querySelectorAll(".qa-place").length;
    fold.querySelector("summary").textContent = counted.replace("{count}", count);
    fold.hidden = !count && !fold.open;
}

document.addEventListener(
    "toggle",
    ({ target }) => {
        if (target.matches?.(".qa-more-places") && target.open) fillFold(target);
    },
    true,
);

// Counted is what comes into sight.
const inSight = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        inSight.unobserve(target);
        fillFold(target);
    }
});
const awaited = new WeakSet();
watch(() => {
    for (const fold of document.querySelectorAll("#qa-chat .qa-more-places")) {
        if (awaited.has(fold)) continue;
        awaited.add(fold);
        inSight.observe(fold);
    }
});
