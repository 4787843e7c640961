// Kept quotes: stars are pressed and released as the server says, notes are kept with Enter, and the menu that copies a quote is
// filled when it is unfolded.
(() => {
    "use strict";
    const panel = () => qaSection.isOpen("kept") && document.querySelector(".qa-view-kept");
    const drafts = new Map(); // notes that are being written, by id: the list may come anew at any moment
    const seen = {}; // which rendering of a part was seen last
    let page = 0;
    let asked = false; // whether the list was asked for by hand, and takes the focus

    function show() {
        qaSend("kept", { page });
    }

    const actions = {
        kept() {
            if (!qaSection.toggle("kept")) return;
            page = 0;
            asked = true;
            show();
        },
        "kept-page"(control) {
            page = qaNumber(control.dataset.page);
            show();
        },
        star: ({ dataset: { turn, citation } }) => qaSend("star", { turn: qaNumber(turn), citation: qaNumber(citation) }),
        "open-kept": ({ dataset: { kept } }) => qaSend("open_kept", { kept: qaNumber(kept) }),
        unkeep({ dataset: { kept } }) {
            asked = true;
            drafts.delete(kept);
            qaSend("unkeep", { kept: qaNumber(kept), page });
        },
        rekeep() {
            asked = true;
            qaSend("rekeep", { page });
        },
    };

    Object.assign(qaActions, actions);

    document.addEventListener("input", ({ target }) => target.matches(".qa-note") && drafts.set(target.dataset.kept, target.value));
    document.addEventListener("change", ({ target }) => {
        if (!target.matches(".qa-note")) return;
        drafts.delete(target.dataset.kept);
        target.defaultValue = target.value;
        qaSend("annotate", { kept: qaNumber(target.dataset.kept), note: target.value });
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
            if (menu.querySelector("[disabled]")) qaSend("cite", { turn: qaNumber(turn), citation: qaNumber(citation), kept: qaNumber(kept) });
        },
        true,
    );

    const parts = {
        ".qa-cited"({ dataset }) {
            const { kept, turn, citation } = dataset;
            const which = kept ? `[data-kept="${qaNumber(kept)}"]` : `[data-turn="${qaNumber(turn)}"][data-citation="${qaNumber(citation)}"]`;
            document.querySelectorAll(`.qa-copy-quote${which} [disabled]`).forEach((button) => {
                const style = button.dataset.style;
                button.dataset.text = dataset[`text${style[0].toUpperCase()}${style.slice(1)}`];
                button.disabled = false;
            });
        },
        ".qa-kept-bar"({ dataset: { stars } }) {
            document.querySelectorAll("#qa-chat .qa-star").forEach((button) => {
                const { turn, citation } = button.dataset;
                button.setAttribute("aria-pressed", String(stars.includes(` ${turn}-${citation} `)));
            });
            qaSection.tell();
            if (panel() && !asked) show();
        },
        ".qa-view-kept"(list) {
            page = qaNumber(list.dataset.page);
            list.querySelectorAll(".qa-note").forEach((note) => (note.value = drafts.get(note.dataset.kept) ?? note.defaultValue));
            if (asked) (list.querySelector(".qa-kept-undo button") ?? list.querySelector(".qa-panel-body")).focus();
            asked = false;
        },
    };

    new MutationObserver(() => {
        for (const [name, arrive] of Object.entries(parts)) {
            const part = document.querySelector(name);
            if (part?.dataset.arrival === seen[name]) continue;
            seen[name] = part?.dataset.arrival;
            if (part) arrive(part);
        }
    }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-arrival"] });
})();
