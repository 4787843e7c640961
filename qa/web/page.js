// What the page does by itself: it turns clicks into events, moves the focus, and scrolls to what has just arrived.
// Listeners sit on the document, so they hold whatever is rendered again. No text is ever put into the page from here
// but a button's own labels. What it does for the library is in library.js.
(() => {
    "use strict";
    const arrived = new Set();
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    let conversation; // the one in the chat
    let marker = null; // the marker a card was reached from
    let waiting = null; // the line that stands for the answer to come
    let opener = null; // the button a document was opened from, as a selector: the chat may have been rendered again

    const number = (text) => (text === undefined ? undefined : Number.parseInt(text, 10));
    const send = (name, detail) => document.dispatchEvent(new CustomEvent("qa-" + name, { detail }));
    const scrollTo = (element, block) =>
        element.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block, inline: "nearest" });
    const focus = (element) => element.focus({ preventScroll: true });
    // Scrolling in the very frame that something comes in would show as a jump of all that is below it.
    const afterPaint = (work) => requestAnimationFrame(() => requestAnimationFrame(work));
    const visible = (element) => element && element.isConnected;

    const actions = {
        marker(control) {
            const card = document.querySelector(control.getAttribute("href"));
            const quote = document.getElementById(`quote-${control.dataset.turn}-${control.dataset.citation}`);
            if (!card) return;
            marker = control;
            scrollTo(card, "nearest");
            focus(card);
            if (quote) {
                quote.classList.remove("qa-flash");
                void quote.offsetWidth; // restarts the animation
                quote.classList.add("qa-flash");
            }
        },
        open(control) {
            const { turn, citation, first } = control.dataset;
            if (!control.closest("#qa-panel")) {
                opener = `#qa-chat .qa-open[data-turn="${number(turn)}"][data-citation="${number(citation)}"]`;
            }
            send("open", { turn: number(turn), citation: number(citation), first: number(first) ?? null });
        },
        browse(control) {
            const { document: index, first } = control.dataset;
            send("browse", { document: number(index), first: number(first) ?? null });
        },
        return: goBack,
        example(control, event) {
            send("example", { example: number(control.dataset.example) });
            keepFocus(event);
        },
        next(control, event) {
            send("next", { next: number(control.dataset.next) });
            keepFocus(event);
        },
        alone(control, event) {
            send("alone", { turn: number(control.dataset.turn) });
            keepFocus(event);
        },
        async copy(control) {
            const { text, done, failed } = control.dataset;
            const label = (control.dataset.label ??= control.textContent);
            control.textContent = await navigator.clipboard.writeText(text).then(
                () => done,
                () => failed,
            );
            setTimeout(() => (control.textContent = label), 2000);
        },
    };

    // What was pressed is rendered anew with the answer. By pointer nothing needs the focus, and on a phone it would bring
    // the keyboard up.
    function keepFocus(event) {
        if (event.detail === 0) document.querySelector("#qa-question textarea")?.focus({ preventScroll: true });
    }

    function goBack() {
        const inside = document.activeElement;
        if (inside && inside.closest("#qa-panel") && opener && document.querySelector(opener)) {
            const button = document.querySelector(opener);
            scrollTo(button.closest(".qa-card"), "nearest");
            focus(button);
        } else if (inside && inside.closest(".qa-card") && visible(marker)) {
            scrollTo(marker, "nearest");
            focus(marker);
        } else {
            document.querySelector("#qa-question textarea")?.focus();
        }
    }

    document.addEventListener(
        "click",
        (event) => {
            const control = event.target.closest?.("[data-qa]");
            if (!control || !Object.hasOwn(actions, control.dataset.qa)) return;
            event.preventDefault();
            event.stopPropagation();
            actions[control.dataset.qa](control, event);
        },
        true,
    );

    document.addEventListener("keydown", (event) => {
        const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
        if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            document.querySelector("#qa-question textarea")?.focus();
        } else if (event.key === "Escape" && !typing) {
            goBack();
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
        const here = element.querySelector("#qa-here");
        requestAnimationFrame(() => {
            if (here) {
                scrollTo(here, "center");
                focus(here);
            } else {
                const body = element.querySelector(".qa-panel-body");
                body.scrollTop = 0;
                scrollTo(element, "start");
                focus(body);
            }
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

    // Gradio's picker has no text for when nothing is chosen, and calls its buttons by number.
    function labelPicker() {
        const words = document.querySelector(".qa-picker-note")?.dataset;
        const input = document.querySelector("#qa-picker input");
        if (!words || !input) return;
        const chosen = document.querySelectorAll("#qa-picker .token");
        input.placeholder = chosen.length ? "" : words.empty;
        chosen.forEach((token) => {
            const button = token.querySelector(".token-remove");
            const label = words.remove.replace("{name}", () => token.textContent.trim());
            button?.setAttribute("aria-label", label);
            button?.setAttribute("title", label);
        });
    }

    new MutationObserver(() => {
        // In another conversation turns are counted from 1 again.
        const shown = document.querySelector("#qa-chat .qa-answer")?.dataset.conversation;
        if (shown !== conversation) {
            conversation = shown;
            arrived.forEach((name) => name.startsWith("turn-") && arrived.delete(name));
        }
        showQuestion();
        document.querySelectorAll("[data-arrive]").forEach(welcome);
        labelPicker();
    }).observe(document, {
        childList: true,
        subtree: true,
        attributes: true,
        attributeFilter: ["data-arrive"],
    });
})();
