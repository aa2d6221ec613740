// What a page does beyond being read: it hears of changes, and copies a text. Without it nothing is missing but that.
"use strict";

// What somebody has begun to fill in, or has chosen, is his.
const begun = () => [...document.querySelectorAll("main input, main textarea")].some(
  (one) => one === document.activeElement || one.value !== one.defaultValue || one.checked !== one.defaultChecked,
);

// The page is asked for again when the program says that something has changed; only what stands in it changes. A sheet, and
// what is said of something that was done, stay as they are; what the links say is told there as well.
async function renew() {
  const stays = () => document.querySelector("[data-sheet], [data-stays]") !== null || begun();
  const stayed = stays();
  try {
    const answer = await fetch(stayed ? "/" : location.href, { headers: { accept: "text/html" } });
    if (answer.redirected) return stayed || location.reload();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const link of document.querySelectorAll("nav a")) {
      const same = page.querySelector(`nav a[href="${CSS.escape(link.getAttribute("href"))}"]`);
      if (same && same.textContent !== link.textContent) link.textContent = same.textContent;
    }
    if (!stayed && !stays()) replaced(page.getElementById("content"));
  } catch {
    // The next change says it again.
  }
}

function replaced(content) {
  const open = [...document.querySelectorAll("details[open][id]")].map((one) => one.id);
  const focus = document.activeElement?.id;
  for (const id of open) content.querySelector(`details#${CSS.escape(id)}`)?.setAttribute("open", "");
  document.getElementById("content").replaceWith(content);
  if (focus) document.getElementById(focus)?.focus();
}

const live = document.body.dataset.live;
if (live) {
  let known = null;
  const changed = (change) => {
    const first = known === null;
    if (known === change) return;
    known = change;
    if (!first) renew();
  };
  const source = new EventSource(live);
  source.addEventListener("commit", (event) => changed(event.data));
  source.addEventListener("line", (event) => {
    const line = new DOMParser().parseFromString(event.data, "text/html");
    document.getElementById("line")?.replaceChildren(...line.body.childNodes);
    changed(event.lastEventId);
  });
}

// A choice is made by choosing; without a script there is a button.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-now]")) event.target.form.requestSubmit();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) {
    const print = event.target.closest("button[data-print]");
    if (print) window.print();
    return;
  }
  const text = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(text.innerText);
  } catch {
    // Where a page may not write there, what is to be copied is marked.
    getSelection().selectAllChildren(text);
  }
  const said = document.getElementById(`${button.dataset.copy}-said`);
  if (said) said.textContent = button.dataset.done;
});

// A sheet: moving as in a spreadsheet, pasting a block, and saving at every field.
const sheet = document.querySelector("[data-sheet]");
if (sheet) {
  const cells = () => [...sheet.querySelectorAll("input.figure")];
  const said = document.getElementById("saved");
  const address = `${sheet.dataset.sheet}/cells`;
  const pending = new Map();
  let sending = null;
  let timer = null;

  const put = (id, text) => {
    const place = document.getElementById(id);
    if (place && place.textContent !== text) place.textContent = text;
  };
  // A note that is being written, or has not been sent, is not touched.
  const say = (place, html) => {
    const busy = (one) => one === document.activeElement || pending.has(one.name);
    if (place && place.innerHTML !== html && ![...place.querySelectorAll("input")].some(busy)) place.innerHTML = html;
  };
  const answer = (saved) => {
    put("state", saved.state);
    say(document.getElementById("whole"), saved.whole);
    for (const cell of saved.cells) {
      const input = document.getElementById(`cell-${cell.element}`);
      if (!input) continue;
      input.toggleAttribute("aria-invalid", false);
      if (cell.wrong) input.setAttribute("aria-invalid", "true");
      // What is being typed, or has not been sent, is not touched.
      const settled = !pending.has(cell.element) && input !== document.activeElement;
      if (settled && !cell.wrong && input.value !== cell.now) input.value = cell.now;
      put(`so-far-${cell.element}`, cell.so_far);
      put(`percent-${cell.element}`, cell.percent);
      say(document.getElementById(`said-${cell.element}`), cell.said);
    }
    said.textContent = saved.saved;
  };
  const send = async () => {
    clearTimeout(timer);
    if (sending || pending.size === 0) return;
    const batch = new URLSearchParams([...pending]);
    pending.clear();
    sending = fetch(address, { method: "POST", body: batch });
    try {
      const got = await sending;
      const saved = await got.json();
      if (got.ok) answer(saved);
      else throw new Error(saved.failed);
    } catch (error) {
      // Nothing is lost: what was not saved is sent again with the next change.
      for (const [element, text] of batch) if (!pending.has(element)) pending.set(element, text);
      said.textContent = `${sheet.dataset.unsaved} ${error.message || ""}`;
      timer = setTimeout(send, 3000);
    } finally {
      sending = null;
      if (pending.size > 0 && !timer) send();
    }
  };
  const note = (input, soon) => {
    pending.set(input.name, input.value);
    clearTimeout(timer);
    timer = setTimeout(() => { timer = null; send(); }, soon);
  };
  sheet.addEventListener("input", (event) => { if (event.target.name) note(event.target, 300); });
  sheet.addEventListener("change", (event) => { if (event.target.name) note(event.target, 0); });
  sheet.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("beforeunload", (event) => { if (pending.size > 0 || sending) { send(); event.preventDefault(); } });

  const go = (input, by) => {
    const all = cells();
    const next = all[all.indexOf(input) + by];
    if (next) { next.focus(); next.select(); }
  };
  // As in a spreadsheet, what is typed takes the place of what was there.
  sheet.addEventListener("focusin", (event) => { if (event.target.matches("input.figure")) event.target.select(); });
  sheet.addEventListener("keydown", (event) => {
    if (!event.target.matches("input.figure") || event.altKey || event.ctrlKey || event.metaKey) return;
    const down = event.key === "ArrowDown" || (event.key === "Enter" && !event.shiftKey);
    const up = event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey);
    if (!down && !up) return;
    event.preventDefault();
    go(event.target, down ? 1 : -1);
  });
  // One column goes down the cells. Of more columns the one that lines up with the cells is the last that holds figures.
  sheet.addEventListener("paste", (event) => {
    if (!event.target.matches("input.figure")) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "");
    if (!/[\n\t]/.test(text)) return;
    event.preventDefault();
    const rows = text.split("\n").map((row) => row.split("\t"));
    const all = cells();
    const first = all.indexOf(event.target);
    const one = rows.length === 1;
    const values = one ? rows[0] : rows.map((row) => row.findLast((cell) => /\d/.test(cell)) ?? "");
    values.slice(0, all.length - first).forEach((value, nth) => {
      all[first + nth].value = value.trim();
      note(all[first + nth], 0);
    });
    const left = values.length - (all.length - first);
    if (left > 0) said.textContent = `${sheet.dataset.beyond} ${left}`;
  });
}
