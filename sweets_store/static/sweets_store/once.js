// What was sent is not sent again by a second click, nor what was done by loading its page again.
"use strict";

document.addEventListener("submit", (event) => {
    const buttons = event.target.querySelectorAll("button[type=submit]");
    setTimeout(() => buttons.forEach((button) => { button.disabled = true; })); // the one pressed is still sent
});
addEventListener("pageshow", () => {
    document.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = false; });
});

const done = document.querySelector("[data-again]");
if (done) history.replaceState(null, "", done.dataset.again);
