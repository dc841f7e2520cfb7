// Shows a text of lines as what it lists: windows as rows of two times, numbers as chips. The text stays what is sent.
"use strict";

const words = document.currentScript.dataset;

function element(name, attributes, ...children) {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...children);
    return made;
}

function removeButton(row, update) {
    const button = element("button", { type: "button", textContent: "×", className: "remove" });
    button.setAttribute("aria-label", words.remove);
    button.addEventListener("click", () => {
        const next = row.nextElementSibling ?? row.parentElement.parentElement.querySelector(".add");
        row.remove();
        update();
        (next.querySelector("input") ?? next).focus();
    });
    return button;
}

function windowRow(text, update) {
    const [from = "", to = ""] = text.split("-");
    const row = element("div", { className: "row" });
    for (const [value, label] of [[from, words.from], [to, words.to]]) {
        const input = element("input", { type: "time", value });
        input.setAttribute("aria-label", label);
        input.addEventListener("input", update);
        row.append(input);
    }
    row.append(removeButton(row, update));
    return row;
}

function numberRow(text, update, name) {
    const row = element("div", { className: "row chip" });
    const input = element("input", { type: "text", inputMode: "numeric", value: text, size: 6 });
    input.setAttribute("aria-label", name);
    input.addEventListener("input", update);
    row.append(input, removeButton(row, update));
    return row;
}

const KINDS = {
    windows: {
        row: windowRow,
        shows: (line) => /^\d\d:\d\d-\d\d:\d\d$/.test(line),
        text: (row) => [...row.querySelectorAll("input")].map((input) => input.value).join("-"),
    },
    numbers: {
        row: numberRow,
        shows: () => true,
        text: (row) => row.querySelector("input").value,
    },
};

function showRows(area) {
    const kind = KINDS[area.dataset.rows];
    const lines = area.value.split(/[\s,;]+/).filter(Boolean);
    if (!lines.every(kind.shows)) return; // what cannot be shown as rows is mended as text
    const name = document.querySelector(`label[for="${area.id}"]`).textContent;
    const list = element("div", { className: "rows" });
    const update = () => {
        area.value = [...list.children].map(kind.text).filter((text) => text !== "" && text !== "-").join("\n");
    };
    const add = element("button", { type: "button", className: "deed add", textContent: `+ ${words.add}` });
    add.addEventListener("click", () => {
        list.append(kind.row("", update, name));
        list.lastElementChild.querySelector("input").focus();
    });
    list.append(...lines.map((line) => kind.row(line, update, name)));
    const group = element("div", { className: `listing ${area.dataset.rows}` }, list, add);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    area.hidden = true;
    area.after(group);
}

document.querySelectorAll("textarea[data-rows]").forEach(showRows);
