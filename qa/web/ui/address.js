// The address of the page names what it shows: the library, the conversation (c), and the document (doc) with its place (at). Going
// back and following a link show that again. A link with a question (q) asks it.
import { send, typeQuestion, watch } from "./shared.js";

const parameters = () => new URLSearchParams(location.search);
let arrived = false; // whether what the address named at first was asked for
let following = false; // whether what comes was asked for by the address, and is no new step

function go(changes, step) {
    const wanted = parameters();
    for (const [name, value] of Object.entries(changes)) {
        if (value) wanted.set(name, value);
        else wanted.delete(name);
    }
    wanted.delete("q");
    if (wanted.toString() === parameters().toString()) return;
    history[step ? "pushState" : "replaceState"](null, "", `?${wanted}`);
}

function showDocument() {
    const [doc, at] = ["doc", "at"].map((name) => parameters().get(name) ?? "");
    following = true;
    if (doc) send("link", { doc, at });
    else delete document.documentElement.dataset.qaViewer;
}

function ask(question) {
    typeQuestion(question);
    setTimeout(() => document.querySelector("#qa-question .submit-button")?.click(), 50);
}

document.addEventListener("qa-arrived", ({ target }) => {
    const { doc, at } = target.dataset;
    if (doc) go({ doc, at }, !following);
    following = false;
});
document.addEventListener("qa-closed", () => go({ doc: "", at: "" }, true));
addEventListener("popstate", () => {
    showDocument();
    const conversation = Number(parameters().get("c"));
    const shown = document.querySelector("#qa-chat .qa-answer")?.dataset.conversation;
    if (conversation && Number(shown) !== conversation) send("reopen", { conversation });
});

watch(() => {
    const last = [...document.querySelectorAll("#qa-chat .qa-answer")].at(-1);
    const conversation = Number(last?.dataset.conversation);
    if (conversation && String(conversation) !== parameters().get("c")) go({ c: conversation }, parameters().has("c"));
    if (arrived || !document.querySelector(".qa-progress")?.dataset.version) return;
    arrived = true;
    const question = parameters().get("q");
    if (parameters().get("doc")) showDocument();
    if (question) ask(question);
});
