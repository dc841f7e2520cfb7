// The import page: keeps the file and sends it twice, to be checked and then to be imported. Each answer is a stream of
// JSON lines: {"step", "rows"} while it goes on, {"rejects"} in pieces of base64, last {"result"}, or one {"fault"}.

const found = (id) => document.getElementById(`import-${id}`);
const form = document.getElementById("import");
const words = JSON.parse(found("words").textContent);
const input = found("file");
const outcome = found("outcome");
const progress = found("progress");
let total = 0;
let rejectsUrl = "";

class Fault extends Error {}

const inWords = (word, facts) => word.replace(/%\((\w+)\)s/g, (_, name) => facts[name]);
const inDigits = (number) => number.toLocaleString(document.documentElement.lang || "en");

async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function send(file, mode) {
  const query = new URLSearchParams({ mode, name: file.name });
  const headers = {
    "Content-Type": "application/octet-stream",
    "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
  };
  let response;
  try {
    response = await fetch(`${form.dataset.url}?${query}`, { method: "POST", body: file, headers });
  } catch {
    throw new Fault(words.unreachable);
  }
  if (response.status === 413) throw new Fault(words.too_large);
  if (!response.headers.get("Content-Type")?.startsWith("application/x-ndjson")) throw new Fault(words.refused);
  return response.body;
}

async function answerOf(body) {
  const pieces = [];
  let result;
  try {
    for await (const line of linesOf(body)) {
      if (line.step) showProgress(line);
      if (line.rejects) pieces.push(Uint8Array.from(atob(line.rejects), (character) => character.charCodeAt(0)));
      if (line.fault) throw new Fault(line.fault);
      result = line.result ?? result;
    }
  } catch (fault) {
    throw fault instanceof Fault ? fault : new Fault(words.broken_off);
  }
  if (!result) throw new Fault(words.broken_off);
  return { result, pieces };
}

function showProgress({ step, rows }) {
  found("said").textContent = inWords(words[step], { rows: inDigits(rows) });
  const bar = progress.firstElementChild;
  if (step === "stored" && total) {
    bar.max = total;
    bar.value = rows;
  } else {
    bar.removeAttribute("value");
  }
}

function clear() {
  outcome.hidden = true;
  found("fault").textContent = found("said").textContent = "";
  URL.revokeObjectURL(rejectsUrl);
  rejectsUrl = "";
}

function show(file, mode, result, pieces) {
  for (const count of found("counts").querySelectorAll("[data-count]")) {
    count.textContent = inDigits(result[count.dataset.count] ?? 0);
  }
  found("counts").hidden = result.taken === undefined;
  showWarning(result);
  showBadRows(result);
  showRejects(file, pieces);
  const ready = mode === "check" && result.taken > 0;
  found("all").hidden = !(ready && result.refused === 0);
  found("good").hidden = !(ready && result.refused > 0);
  if (result.fault) found("fault").textContent = result.fault;
  else found("said").textContent = mode === "check" && !ready ? words.nothing_new : words[mode];
  outcome.hidden = result.taken === undefined && !result.bad_rows;
  if (!outcome.hidden) outcome.focus({ preventScroll: true });
}

function showWarning({ never_taken: count = 0, never_taken_places: places = [] }) {
  const warning = found("warning");
  warning.hidden = count === 0;
  const more = count > places.length ? ` ${inWords(words.more_places, { more: inDigits(count - places.length) })}` : "";
  warning.open = false;
  warning.querySelector("span").textContent = inDigits(count);
  warning.querySelector("p").textContent = places.join(", ") + more;
}

function showBadRows({ refused = 0, bad_rows: rows = [] }) {
  const cellOf = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  found("bad").hidden = rows.length === 0;
  found("bad").querySelector("tbody").replaceChildren(
    ...rows.map(([place, id, reason]) => {
      const row = document.createElement("tr");
      row.append(Object.assign(cellOf("th", place), { scope: "row" }), cellOf("td", id), cellOf("td", reason));
      return row;
    }),
  );
  const more = refused > rows.length ? inWords(words.more_bad, { more: inDigits(refused - rows.length) }) : "";
  found("bad").querySelector("p").textContent = more;
}

function showRejects(file, pieces) {
  const link = found("rejects");
  link.hidden = pieces.length === 0;
  if (link.hidden) return;
  rejectsUrl = URL.createObjectURL(new Blob(pieces));
  const dot = file.name.lastIndexOf(".");
  link.href = rejectsUrl;
  link.download = `${file.name.slice(0, dot)}-bad${file.name.slice(dot)}`;
}

function objection({ name, size }) {
  if (size > Number(form.dataset.limit)) return words.too_large;
  const known = form.dataset.endings.split(",").some((ending) => name.toLowerCase().endsWith(ending));
  return known ? "" : words.ending;
}

async function run(mode) {
  const file = input.files[0];
  const controls = [input, ...form.querySelectorAll("button"), ...outcome.querySelectorAll("button")];
  clear();
  found("fault").textContent = objection(file);
  if (objection(file)) return;
  for (const control of controls) control.disabled = true;
  progress.hidden = false;
  progress.firstElementChild.removeAttribute("value");
  found("said").textContent = words.sending;
  try {
    const { result, pieces } = await answerOf(await send(file, mode));
    total = result.taken ?? 0;
    show(file, mode, result, pieces);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    found("said").textContent = "";
    found("fault").textContent = fault.message;
  } finally {
    progress.hidden = true;
    for (const control of controls) control.disabled = false;
  }
}

input.hasChangeListener = true; // or the theme adds one of its own, which wants a field of its own beside it
form.addEventListener("submit", (event) => {
  event.preventDefault();
  total = 0;
  run("check");
});
input.addEventListener("change", clear);
found("all").addEventListener("click", () => run("all"));
found("good").addEventListener("click", () => run("good"));
