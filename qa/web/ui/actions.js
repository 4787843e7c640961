// What the scripts share: an event for the server, a number out of an attribute, the question box and what is typed there.
const qaSend = (name, detail) => document.dispatchEvent(new CustomEvent("qa-" + name, { detail }));
const qaNumber = (text) => (text === undefined ? undefined : Number.parseInt(text, 10));
const qaNarrow = matchMedia("(max-width: 56rem)"); // the documents are a sheet then
const qaBox = () => document.querySelector("#qa-question textarea");
const qaType = (text) => {
    qaBox().value = text;
    qaBox().dispatchEvent(new Event("input", { bubbles: true }));
};

// What is pressed: one listener for the page. A feature adds what it does for each `data-qa`, given the control and the event.
const qaActions = {};

document.addEventListener(
    "click",
    (event) => {
        const control = event.target.closest?.("[data-qa]");
        if (!control || !Object.hasOwn(qaActions, control.dataset.qa)) return;
        event.preventDefault();
        qaActions[control.dataset.qa](control, event);
    },
    true,
);

// The lists below the documents, of which one is unfolded at a time.
const qaSection = {
    isOpen: (name) => document.documentElement.dataset.qaSection === name,
    toggle(name) {
        document.documentElement.dataset.qaSection = qaSection.isOpen(name) ? "" : name;
        qaSection.tell();
        return qaSection.isOpen(name);
    },
    tell() {
        document.querySelectorAll(".qa-section").forEach((heading) => {
            heading.setAttribute("aria-expanded", String(qaSection.isOpen(heading.dataset.qa)));
        });
    },
};
