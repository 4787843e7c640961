// What the library does by itself: it refuses files that are too many or too large before they are sent, filters the
// list by name while one types, keeps place and focus when the list comes anew, asks for it when the documents have
// changed, and tells screen readers how indexing goes, now and then.
(() => {
    "use strict";
    const FILTER_PAUSE = 300; // milliseconds of typing nothing, after which a list of several pages is asked for anew
    const send = (name, detail) => document.dispatchEvent(new CustomEvent("qa-" + name, { detail }));
    const listing = { state: "", name: "", page: 0 };
    let seen = null; // the list as it was rendered last
    let scrolled = 0;
    let focused = ""; // the control in the list that had the focus last, as a selector
    let leaving = false; // whether something else than the list was asked for
    let version = "";
    let typing = 0;

    const list = () => document.querySelector(".qa-view-library[data-page]");
    const row = (control) => Number.parseInt(control.dataset.row, 10);

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
            listing.page = Number.parseInt(control.dataset.page, 10);
            scrolled = 0;
            send("library", { ...listing });
        },
        add() {
            const button = document.querySelector("#qa-drop button");
            button?.scrollIntoView({ block: "nearest" });
            button?.focus();
        },
        remove: (control) => send("remove", { row: row(control), ...listing }),
        restore: (control) => send("restore", { row: row(control), ...listing }),
        reindex: () => send("reindex", { ...listing }),
        switch() {
            Object.assign(listing, { state: "", name: "", page: 0 });
            send("switch", { collection: Number.parseInt(document.querySelector("#qa-collection").value, 10) });
        },
        holdings() {
            leaving = true;
            send("holdings", {});
        },
        jump(control) {
            const wanted = document.querySelector("#qa-jump").valueAsNumber;
            if (!Number.isInteger(wanted) || wanted < 1) return;
            const place = control.dataset.unit === "page" ? { page: wanted } : { first: wanted - 1 };
            send("browse", { document: Number.parseInt(control.dataset.document, 10), ...place });
        },
    };

    document.addEventListener(
        "click",
        (event) => {
            const control = event.target.closest?.("[data-qa]");
            if (!control) return;
            if (["open", "browse"].includes(control.dataset.qa)) leaving = true;
            if (!Object.hasOwn(actions, control.dataset.qa)) return;
            event.preventDefault();
            event.stopPropagation();
            actions[control.dataset.qa](control);
        },
        true,
    );

    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.id === "qa-jump") {
            document.querySelector('[data-qa="jump"]').click();
        }
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

    document.addEventListener(
        "drop",
        (event) => {
            if (event.target.closest?.("#qa-drop") && event.dataTransfer.files.length) {
                refuse(event, [...event.dataTransfer.files]);
            }
        },
        true,
    );

    function filter() {
        const rows = [...document.querySelectorAll(".qa-view-library .qa-row")];
        const wanted = listing.name.trim().toLowerCase();
        const shown = rows.filter((item) => {
            item.hidden = !item.querySelector(".qa-file").textContent.toLowerCase().includes(wanted);
            return !item.hidden;
        });
        const nothing = document.querySelector(".qa-view-library .qa-nothing");
        if (nothing) nothing.hidden = shown.length > 0;
    }

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
        const panel = list();
        if (panel !== seen) {
            const back = seen === null;
            seen = panel;
            leaving = false;
            if (panel) keepPlace(panel, back);
        } else if (panel) regainFocus(panel, false); // it may be patched, and a row has no button while it is being read
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

    new MutationObserver(() => {
        follow();
        speak();
        labelDrop();
    }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-version"] });
})();
