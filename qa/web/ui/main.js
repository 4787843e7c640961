// The scripts of the page, in this order: where two listen for one key, the earlier hears it first.
import "./page.js";
import "./address.js";
import "../library/library.js";
import "../viewer/viewer.js";
import "../search/search.js";
import "../conversations/conversations.js";
import "../kept/kept.js";
import "../batches/batches.js";
import "./reconnect.js";
import { questionBox } from "./shared.js";

// Pressed any earlier, a button would do nothing.
function show() {
    document.documentElement.dataset.qaReady = "";
    questionBox()?.focus(); // what is out of sight took no focus
}

const style = document.querySelector('link[href$="/style.css"]');
if (!style || style.sheet) {
    show();
} else {
    style.addEventListener("load", show);
    style.addEventListener("error", show);
}
