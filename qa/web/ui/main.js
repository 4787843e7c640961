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
