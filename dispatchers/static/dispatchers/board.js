// Refreshes the board in place: scroll, the region looked at, focus and what is selected stay as they are.
"use strict";

const board = document.getElementById("board");
const state = document.getElementById("board-state");
const nothing = document.getElementById("nothing-there");
const only = document.getElementById("only-region");

only.value = sessionStorage.getItem("only-region") ?? "";

function showOnlyRegion() {
    const wanted = only.value.split(/[\s,;]+/).filter(Boolean);
    for (const row of board.querySelectorAll("[data-region]")) {
        row.hidden = wanted.length > 0 && !wanted.includes(row.dataset.region);
    }
    nothing.textContent = wanted.length === 0 || board.querySelector("[data-region]:not([hidden])") ? "" : nothing.dataset.words;
}

function focusedPlace() {
    const focused = document.activeElement;
    if (!board.contains(focused)) return null;
    const alike = [...board.querySelectorAll(focused.tagName)];
    const href = focused.getAttribute("href");
    const same = alike.filter((element) => element.getAttribute("href") === href);
    return { href, tag: focused.tagName, at: alike.indexOf(focused), ofSame: same.indexOf(focused) };
}

function focusAgain(place) {
    const alike = [...board.querySelectorAll(place.tag)];
    const same = alike.filter((element) => element.getAttribute("href") === place.href);
    (same[place.ofSame] ?? same[0] ?? alike[place.at])?.focus({ preventScroll: true });
}

function take(fresh) {
    const place = focusedPlace();
    const scrolled = [...board.querySelectorAll(".sheet")].map((sheet) => sheet.scrollLeft);
    board.replaceChildren(...fresh.childNodes);
    board.querySelectorAll(".sheet").forEach((sheet, at) => { sheet.scrollLeft = scrolled[at] ?? 0; });
    showOnlyRegion();
    if (place) focusAgain(place);
}

async function refresh() {
    if (document.hidden) return;
    if (!document.getSelection().isCollapsed) {
        state.textContent = `${state.dataset.paused} ${board.querySelector("p").textContent}`;
        return;
    }
    try {
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (answer.status >= 500) throw new Error(answer.statusText);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("board");
        if (!fresh) {
            location.reload(); // logged out meanwhile, or no longer allowed
            return;
        }
        take(fresh);
        state.textContent = "";
    } catch {
        state.textContent = `${state.dataset.failed} ${board.querySelector("p").textContent}`;
    }
}

only.addEventListener("input", () => {
    sessionStorage.setItem("only-region", only.value);
    showOnlyRegion();
});
showOnlyRegion();
for (const now of board.querySelectorAll("th.now")) {
    const sheet = now.closest(".sheet");
    if (now.offsetLeft + now.offsetWidth > sheet.clientWidth) sheet.scrollLeft = now.offsetLeft - sheet.clientWidth / 2;
}
setInterval(refresh, 1000 * Number(board.dataset.every));
document.addEventListener("visibilitychange", refresh);
