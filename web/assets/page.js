// What a page does beyond being read: it hears of changes, copies a text, and fills in a sheet as a spreadsheet does. Without
// it nothing is missing but that.
"use strict";

// What somebody has begun to fill in, or has chosen, is his.
const begun = () => [...document.querySelectorAll("main input, main textarea")].some(
  (one) => one === document.activeElement || one.value !== one.defaultValue || one.checked !== one.defaultChecked,
);

// The page is asked for again when the program says that something has changed; only what stands in it changes. A sheet, and
// what is said of something that was done, stay as they are; what the links say is told there as well.
let renewals = 0;
async function renew() {
  const own = ++renewals;
  const stays = () => document.querySelector("[data-sheet], [data-stays]") !== null || begun();
  const stayed = stays();
  try {
    // That is nobody's look: a session does not go on by it.
    const headers = { accept: "text/html", "x-gom-renewal": "1" };
    const answer = await fetch(stayed ? "/" : location.href, { headers });
    if (answer.redirected) return stayed || location.reload();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (own !== renewals) return;
    for (const link of document.querySelectorAll("nav a")) {
      const same = page.querySelector(`nav a[href="${CSS.escape(link.getAttribute("href"))}"]`);
      if (same && same.textContent !== link.textContent) link.textContent = same.textContent;
    }
    if (!stayed && !stays()) replaced(page.getElementById("content"));
  } catch {
    // The next change says it again.
  }
}

// By what something is found again in the page that takes the place of this one.
function found(one) {
  if (!one || one === document.body || !one.closest("#content")) return null;
  if (one.id) return `#${CSS.escape(one.id)}`;
  if (one.matches("summary")) return found(one.parentElement) && `${found(one.parentElement)} > summary`;
  if (one.matches("a[href]")) return `#content a[href="${CSS.escape(one.getAttribute("href"))}"]`;
  const label = one.getAttribute("aria-label");
  return label && `#content [aria-label="${CSS.escape(label)}"]`;
}

function replaced(content) {
  const open = [...document.querySelectorAll("details[open][id]")].map((one) => one.id);
  const focus = found(document.activeElement);
  for (const id of open) content.querySelector(`details#${CSS.escape(id)}`)?.setAttribute("open", "");
  takes(document.getElementById("content"), content);
  if (focus && !document.activeElement?.closest("#content")) document.querySelector(focus)?.focus();
}

// What a form sends beside what is typed: on what it acts.
const acts = (form) => [...form.querySelectorAll('input[type="hidden"]')].map((one) => `${one.name}=${one.value}`).join("&");

// Where the page is built as before only what differs gives way: a click that has begun, or a file that is being chosen, is
// not lost. A form that acts on something else is another form, and its buttons are others.
function takes(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const alike = old.cloneNode(false).isEqualNode(fresh.cloneNode(false)) && old.childNodes.length === fresh.childNodes.length;
  const other = old instanceof HTMLFormElement && acts(old) !== acts(fresh);
  if (!alike || other || !(old instanceof Element)) return old.replaceWith(fresh);
  const parts = [...fresh.childNodes];
  [...old.childNodes].forEach((part, nth) => takes(part, parts[nth]));
}

// Hearing of changes takes a connection, and a browser has six for a place: a page that nobody sees listens to nothing.
const live = document.body.dataset.live;
if (live) {
  const SILENT = 8000;
  let known = null;
  let source = null;
  let silence = null;
  const changed = (change) => {
    const first = known === null;
    if (known === change) return;
    known = change;
    if (!first) renew();
  };
  const stale = (is) => {
    clearTimeout(silence);
    silence = null;
    document.getElementById("stale").hidden = !is;
  };
  // Who is not answered any more has to log in again, or to open the screen again.
  const ended = async () => {
    const stays = document.querySelector("[data-stays]") !== null || begun();
    const answer = stays ? null : await fetch(location.href, { headers: { "x-gom-renewal": "1" } }).catch(() => null);
    if (answer && (answer.redirected || !answer.ok)) location.reload();
    else stale(true);
  };
  const listen = () => {
    source = new EventSource(live);
    source.addEventListener("open", () => stale(false));
    source.addEventListener("commit", (event) => changed(event.data));
    source.addEventListener("line", (event) => {
      const line = new DOMParser().parseFromString(event.data, "text/html");
      document.getElementById("line")?.replaceChildren(...line.body.childNodes);
      changed(event.lastEventId);
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) return ended();
      silence ??= setTimeout(() => stale(true), SILENT);
    });
  };
  document.addEventListener("visibilitychange", () => {
    source?.close();
    source = null;
    if (!document.hidden) listen();
  });
  if (!document.hidden) listen();
}

// A choice is made by choosing; without a script there is a button.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-now]")) event.target.form.requestSubmit();
});

document.addEventListener("click", async (event) => {
  if (event.target.closest("button[data-print]")) return window.print();
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  const said = document.getElementById(`${button.dataset.copy}-said`);
  try {
    await navigator.clipboard.writeText(text.innerText);
    said.textContent = button.dataset.done;
  } catch {
    // Where a page may not write there, what is to be copied is marked.
    getSelection().selectAllChildren(text);
    said.textContent = button.dataset.marked;
  }
});

// A sheet: moving as in a spreadsheet, pasting a block, and saving at every field.
const sheet = document.querySelector("[data-sheet]");
if (sheet) {
  const words = sheet.dataset;
  const PATIENCE = 15000;
  const AGAIN = 3000;
  const cells = () => [...sheet.querySelectorAll("input.figure")];
  // Fields for notes, and what unfolds them; of a cell in which something stands, none is left blank.
  const isLeft = (one) => document.getElementById(one.closest("td").id.replace(/^said-/, "cell-")).value.trim() === "";
  const isThere = (one) => (one.matches("summary") ? isLeft(one) : !one.closest("details:not([open])"));
  const notes = () => [...sheet.querySelectorAll("label.note input, details.note summary")].filter(isThere);
  const onward = sheet.querySelector("a.button");
  const said = document.getElementById("saved");
  const pasted = document.getElementById("pasted");
  // What was typed and not sent, and what was sent and is no figure, until it is typed anew.
  const pending = new Map();
  const refused = new Map();
  let sending = null;
  let failing = false;
  let timer = null;

  const put = (id, text) => {
    const place = document.getElementById(id);
    if (place && place.textContent !== text) place.textContent = text;
  };
  // What is said of a cell changes around a note that is being written, has not been sent, or was unfolded.
  const field = (one) => one.querySelector("input")?.name;
  const say = (place, html) => {
    if (!place || place.innerHTML === html) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const parts = [...fresh.content.children];
    const isFocused = (one) => one.contains(document.activeElement);
    const isWritten = (one) => field(one) !== undefined && (pending.has(field(one)) || document.activeElement.name === field(one));
    const isUnfolded = (one) => one.matches("details") && (one.open || isFocused(one)) && parts.some((part) => field(part) === field(one));
    const busy = [...place.children].filter((one) => isWritten(one) || isUnfolded(one));
    const kept = busy.find(isFocused) ?? busy[0];
    if (!kept) return place.replaceChildren(fresh.content);
    const at = parts.findIndex((part) => field(part) === field(kept));
    const [others, rest] = [[...place.children].filter((one) => one !== kept), parts.filter((_, nth) => nth !== at)];
    // What is read aloud once is not said again.
    if (others.length === rest.length && others.every((one, nth) => one.isEqualNode(rest[nth]))) return;
    for (const one of others) one.remove();
    kept.before(...(at < 0 ? parts : parts.slice(0, at)));
    if (at >= 0) kept.after(...parts.slice(at + 1));
  };
  const answer = (saved, batch) => {
    put("state", saved.state);
    say(document.getElementById("whole"), saved.whole);
    for (const cell of saved.cells) {
      const input = document.getElementById(`cell-${cell.element}`);
      if (!input) continue;
      if (cell.wrong) refused.set(cell.element, input.value);
      else if (batch.has(cell.element)) refused.delete(cell.element);
      put(`so-far-${cell.element}`, cell.so_far);
      put(`percent-${cell.element}`, cell.percent);
      // What is no figure stays as it was typed, with what was said of it.
      if (refused.has(cell.element) && !cell.wrong) continue;
      if (cell.wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      // What is being typed, or has not been sent, is not touched.
      const settled = !pending.has(cell.element) && input !== document.activeElement;
      if (settled && !cell.wrong && input.value !== cell.now) input.value = cell.now;
      say(document.getElementById(`said-${cell.element}`), cell.said);
    }
    said.textContent = refused.size > 0 ? `${words.refused} ${refused.size}` : saved.saved;
  };
  // What is said of a failure in words of ours; a browser's own are in its language and for programmers.
  class Told extends Error {}
  const exchanged = async (batch) => {
    const options = { method: "POST", body: batch, keepalive: true, signal: AbortSignal.timeout(PATIENCE) };
    const got = await fetch(`${words.sheet}/cells`, options);
    if (got.status === 403) throw new Told(words.closed);
    const saved = await got.json();
    if (!got.ok) throw new Told(saved.failed);
    return saved;
  };
  const sent = async () => {
    clearTimeout(timer);
    timer = null;
    while (pending.size > 0) {
      const batch = new URLSearchParams([...pending]);
      pending.clear();
      try {
        answer(await exchanged(batch), batch);
        failing = false;
      } catch (error) {
        // Nothing is lost: what was not saved is sent again.
        for (const [element, text] of batch) if (!pending.has(element)) pending.set(element, text);
        failing = true;
        said.textContent = `${words.unsaved} ${error instanceof Told ? error.message : ""}`;
        soon(AGAIN);
        return;
      }
    }
  };
  // Sends what there is, again and again until nothing is left; resolves when that is done or has failed.
  const send = () => (sending ??= sent().finally(() => { sending = null; }));
  const soon = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(() => { timer = null; send(); }, delay);
  };
  const note = (input, delay) => {
    pending.set(input.name, input.value);
    said.textContent = words.saving;
    soon(delay);
  };
  sheet.addEventListener("input", (event) => { if (event.target.name) note(event.target, 300); });
  sheet.addEventListener("change", (event) => { if (event.target.name && pending.has(event.target.name)) note(event.target, 0); });
  sheet.addEventListener("submit", (event) => event.preventDefault());
  // Where all is saved on the way, nobody is asked whether he wants to leave.
  addEventListener("beforeunload", (event) => {
    const mistyped = ([name, text]) => document.getElementById(`cell-${name}`) && text.trim() !== "" && !isFigure(text.trim());
    const ask = failing || refused.size > 0 || (sending && pending.size > 0) || [...pending].some(mistyped);
    if (pending.size > 0) send();
    if (ask) event.preventDefault();
  });
  onward.addEventListener("click", async (event) => {
    if (pending.size === 0 && sending === null && refused.size === 0) return;
    event.preventDefault();
    await send();
    if (pending.size === 0 && refused.size === 0) return location.assign(onward.href);
    const first = cells().find((cell) => refused.has(cell.name));
    if (first) { first.focus(); said.textContent = `${words.refused} ${refused.size}`; }
  });

  const enter = (input) => { input.focus(); input.select?.(); };
  const go = (all, input, by) => {
    const at = all.indexOf(input);
    const next = at < 0 ? undefined : all[at + by];
    if (next) enter(next);
    return next !== undefined;
  };
  // As in a spreadsheet, what is typed takes the place of what was there.
  sheet.addEventListener("focusin", (event) => { if (event.target.matches("input.figure")) event.target.select(); });
  sheet.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    // First all figures, then all notes, then onward.
    if (event.key === "Tab" && event.target.matches("input, summary")) {
      if (go([...cells(), ...notes(), onward], event.target, event.shiftKey ? -1 : 1)) event.preventDefault();
      return;
    }
    if (!event.target.matches("input.figure")) return;
    const down = event.key === "ArrowDown" || (event.key === "Enter" && !event.shiftKey);
    const up = event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey);
    if (!down && !up) return;
    event.preventDefault();
    go(cells(), event.target, down ? 1 : -1);
  });

  // Of a block that is pasted one column goes down the cells: the last that holds figures, if it holds nothing else. A row of
  // headings may stand above it. Where there is no such column, nothing is taken.
  const isFigure = (text) => /^[-−+]?[\d.,\s\u00a0]*\d[\d.,\s\u00a0]*$/.test(text) || /^(có|không|yes|no)$/i.test(text.normalize("NFC"));
  const isBlank = (text) => /^[-–—]?$/.test(text);
  const isHeading = (text) => /^(stt|tt|số tt|chỉ tiêu|tên chỉ tiêu|nội dung)$/i.test(text.normalize("NFC"));
  const columnOf = (rows) => {
    const width = Math.max(...rows.map((row) => row.length));
    const columns = Array.from({ length: width }, (_, at) => rows.map((row) => (row[at] ?? "").trim()));
    const at = columns.findLastIndex((column) => column.some(isFigure));
    if (at < 0) return null;
    const [first, ...rest] = columns[at];
    const headed = rest.length > 0 && (isHeading(columns[0][0]) || (!isBlank(first) && !isFigure(first)));
    const column = headed ? rest : columns[at];
    return column.every((cell) => isBlank(cell) || isFigure(cell)) ? { at, column } : null;
  };
  sheet.addEventListener("paste", (event) => {
    if (!event.target.matches("input.figure")) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "");
    if (!/[\n\t]/.test(text)) return;
    event.preventDefault();
    const rows = text.split("\n").map((row) => row.split("\t"));
    const taken = rows.length === 1 ? { at: 0, column: rows[0].map((cell) => cell.trim()) } : columnOf(rows);
    if (!taken || (rows.length === 1 && !taken.column.every((cell) => isBlank(cell) || isFigure(cell)))) {
      pasted.textContent = words.nofit;
      return;
    }
    const room = cells().slice(cells().indexOf(event.target));
    let count = 0;
    taken.column.slice(0, room.length).forEach((value, nth) => {
      // A blank is no figure, and takes none away.
      if (isBlank(value)) return;
      room[nth].value = value;
      note(room[nth], 0);
      count += 1;
    });
    const column = rows.length > 1 && rows.some((row) => row.length > 1) ? ` (${words.column} ${taken.at + 1})` : "";
    const left = taken.column.length - room.length;
    pasted.textContent = `${words.pasted} ${count}${column}.${left > 0 ? ` ${words.beyond} ${left}.` : ""}`;
  });
}
