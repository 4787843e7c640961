// What the page's scripts share.

// Send the server an event; app.py connects it to what answers.
export const send = (name, detail) => document.dispatchEvent(new CustomEvent("qa-" + name, { detail }));
export const toNumber = (text) => (text === undefined ? undefined : Number.parseInt(text, 10));
export const narrow = matchMedia("(max-width: 56rem)"); // the documents are a sheet then
export const questionBox = () => document.querySelector("#qa-question textarea");
export const typeQuestion = (text) => {
    questionBox().value = text;
    questionBox().dispatchEvent(new Event("input", { bubbles: true }));
};

// Say what a press of a control with each `data-qa` does; it is given the control and the event.
const actions = {};
export const onPress = (more) => Object.assign(actions, more);

document.addEventListener(
    "click",
    (event) => {
        const control = event.target.closest?.("[data-qa]");
        if (!control || !Object.hasOwn(actions, control.dataset.qa)) return;
        event.preventDefault();
        actions[control.dataset.qa](control, event);
    },
    true,
);

// Do something now, and whenever the page has changed; it is given what has changed.
const watchers = [];
export const watch = (work) => {
    watchers.push(work);
    work([]);
};

new MutationObserver((changes) => watchers.forEach((work) => work(changes))).observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-version", "data-scope", "data-arrival", "data-arrive"],
});

// The lists below the documents, of which one is unfolded at a time.
export const section = {
    isOpen: (name) => document.documentElement.dataset.qaSection === name,
    toggle(name) {
        document.documentElement.dataset.qaSection = section.isOpen(name) ? "" : name;
        section.tell();
        return section.isOpen(name);
    },
    tell() {
        document.querySelectorAll(".qa-section").forEach((heading) => {
            heading.setAttribute("aria-expanded", String(section.isOpen(heading.dataset.qa)));
        });
    },
};
