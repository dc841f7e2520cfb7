// What was sent is not sent again by a second click.
"use strict";

document.addEventListener("submit", (event) => {
    const buttons = event.target.querySelectorAll("button[type=submit]");
    setTimeout(() => buttons.forEach((button) => { button.disabled = true; })); // the one pressed is still sent
});
addEventListener("pageshow", () => {
    document.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = false; });
});
