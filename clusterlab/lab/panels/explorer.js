// The two panes of Cluster Administrator: a tree and the list of the selected item.
//
// Python says what is shown; the page only tells which item was selected and which was opened.
// Names reach the page as text, never as markup. Rows are changed in place, so a click is never
// lost because the pane was drawn anew under the pointer.

const NAME = ".clusterlab-twig + span, td"; // of a row of the tree, and of the list

const text = (element, value) => {
  if (element.textContent !== value) element.textContent = value;
};

function stateOf({ glyph, word, role }) {
  const state = document.createElement("span");
  state.className = `clusterlab-state clusterlab-${role}`;
  state.textContent = `${glyph} ${word}`;
  return state;
}

/** Make the children of a pane those of *items*, by key, and in their order. */
function sync(parent, items, make, fill) {
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const child = kept.get(item.key) ?? make(item);
    kept.delete(item.key);
    child.dataset.key = item.key;
    const now = JSON.stringify(item);
    if (child.dataset.now !== now) {
      child.dataset.now = now;
      fill(child, item);
    }
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place]);
  });
  for (const child of kept.values()) child.remove();
}

/** One tab stop for a pane: the selected row, else the first one. */
function rove(rows, key) {
  const chosen = rows.find((row) => row.dataset.key === key) ?? rows[0];
  for (const row of rows) {
    row.tabIndex = row === chosen ? 0 : -1;
    row.setAttribute("aria-selected", String(row.dataset.key === key));
  }
}

/** The row that a key goes to: arrows, Home and End, or the next one that begins with a letter. */
function step(rows, row, key) {
  const place = rows.indexOf(row);
  const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rows.length - 1 }[key];
  if (to !== undefined) return rows[to];
  if (key.length > 1 || key === " ") return undefined;
  const round = [...rows.slice(place + 1), ...rows.slice(0, place)];
  const begins = (one) => one.querySelector(NAME).textContent.toLowerCase().startsWith(key);
  return round.find(begins);
}

class Explorer {
  constructor(model, el) {
    this.model = model;
    this.closed = new Map(); // what the user has opened or closed
    el.classList.add("clusterlab-explorer");
    this.tree = this.pane(el, "div", { role: "tree", "aria-label": "Cluster" });
    this.tree.classList.add("clusterlab-tree");
    const list = this.pane(el, "div", {});
    list.classList.add("clusterlab-list");
    const table = this.pane(list, "table", { role: "grid", "aria-label": "Contents" });
    this.heads = this.pane(this.pane(table, "thead", {}), "tr", {});
    this.body = this.pane(table, "tbody", {});
    this.listen();
    this.show();
  }

  pane(parent, kind, attributes) {
    const made = document.createElement(kind);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  }

  // --- what the user does

  listen() {
    for (const pane of [this.tree, this.body]) {
      pane.addEventListener("pointerdown", (event) => this.press(pane, event));
      pane.addEventListener("dblclick", (event) => this.open(event.target.closest("[data-key]")));
      pane.addEventListener("keydown", (event) => this.key(pane, event));
    }
  }

  press(pane, event) {
    const row = event.target.closest("[data-key]");
    if (!row || event.button) return;
    if (event.target.closest(".clusterlab-twig")) this.toggle(row);
    else this.select(pane, row);
  }

  select(pane, row) {
    if (pane === this.tree) {
      this.model.set("place", row.dataset.key);
      this.model.set("chosen", "");
    } else {
      this.model.set("chosen", row.dataset.key);
    }
    this.model.save_changes();
    row.focus();
  }

  open(row) {
    if (row) this.model.send({ open: row.dataset.key });
  }

  toggle(row, closed = row.getAttribute("aria-expanded") === "true") {
    if (!row.hasAttribute("aria-expanded")) return;
    this.closed.set(row.dataset.key, closed);
    this.show();
  }

  key(pane, event) {
    const row = event.target.closest("[data-key]");
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = [...pane.children].filter((child) => !child.hidden);
    const to = step(rows, row, event.key.length > 1 ? event.key : event.key.toLowerCase());
    if (to) this.select(pane, to);
    else if (event.key === "Enter") this.open(row);
    else if (event.key === "ArrowLeft") this.toggle(row, true);
    else if (event.key === "ArrowRight") this.toggle(row, false);
    else if (event.key === " ") this.select(pane, row);
    else if (["Tab", "Escape"].includes(event.key)) return;
    event.preventDefault(); // the page would scroll
    event.stopPropagation(); // the notebook would choose, or with some letters delete, a cell
  }

  // --- what is shown

  show() {
    this.showTree();
    this.showTable();
  }

  showTree() {
    const items = this.model.get("tree");
    sync(this.tree, items, () => this.twigged(), (row, item) => this.fillTwig(row, item));
    let hiddenUnder = 0;
    items.forEach((item, place) => {
      const row = this.tree.children[place];
      row.hidden = hiddenUnder > 0 && item.level > hiddenUnder;
      const isBranch = items[place + 1]?.level > item.level;
      const closed = this.closed.get(item.key) ?? item.closed;
      if (isBranch) row.setAttribute("aria-expanded", String(!closed));
      else row.removeAttribute("aria-expanded");
      text(row.querySelector(".clusterlab-twig"), isBranch ? (closed ? "▸" : "▾") : "");
      if (!row.hidden) hiddenUnder = isBranch && closed ? item.level : 0;
    });
    rove([...this.tree.children], this.model.get("place"));
  }

  twigged() {
    const row = document.createElement("div");
    row.setAttribute("role", "treeitem");
    row.innerHTML = '<span class="clusterlab-twig" aria-hidden="true"></span><span></span>';
    return row;
  }

  fillTwig(row, item) {
    row.setAttribute("aria-level", item.level);
    row.style.paddingLeft = `${(item.level - 1) * 16 + 2}px`;
    text(row.children[1], item.text);
    row.querySelector(".clusterlab-state")?.remove();
    if (item.state) row.append(stateOf(item.state));
  }

  showTable() {
    const { heads, rows } = this.model.get("table");
    const titles = heads.map((head) => ({ key: head }));
    sync(this.heads, titles, () => document.createElement("th"), (cell, item) => {
      cell.scope = "col";
      text(cell, item.key);
    });
    sync(this.body, rows, () => document.createElement("tr"), (row, item) => {
      row.replaceChildren(
        ...item.cells.map((value) => {
          const cell = document.createElement("td");
          cell.setAttribute("role", "gridcell");
          if (typeof value === "string") cell.textContent = value;
          else cell.append(stateOf(value));
          return cell;
        }),
      );
    });
    rove([...this.body.children], this.model.get("chosen"));
  }
}

export default {
  initialize: ({ model }) => hearThoughLate(model),
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    const show = () => explorer.show();
    for (const name of ["tree", "table", "place", "chosen"]) model.on(`change:${name}`, show);
    return () => model.off(null, show);
  },
};
