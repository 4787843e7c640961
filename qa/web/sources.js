// Keys that lead through the sources of an answer. They work only while the focus is in the panel and in no field, so
// that nobody who types, or steers by voice or with a screen reader elsewhere in the page, opens a document unawares.
(() => {
    "use strict";

    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
        if (!event.target.closest?.("#qa-panel") || event.target.closest("input, textarea, select")) return;
        const steps = [...document.querySelectorAll("#qa-panel .qa-steps [aria-keyshortcuts]")];
        const step = steps.find((button) => button.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
        if (!step) return;
        event.preventDefault();
        step.click();
    });
})();
