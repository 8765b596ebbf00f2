// Plays the sequences that stand in the page. Everything was worked out when the report was made:
// a step says what is drawn otherwise than in the step before, and this draws it.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function made(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function said(name, text, ...children) {
  const element = document.createElement(name);
  element.append(text, ...children);
  return element;
}

const paint = (color) => (typeof color === "number" ? `var(--c${color})` : color);

/** Draws the marks of one frame: paths, hatched bars, and texts of plain and bold pieces. */
class Picture {
  constructor(box, data, number) {
    this.data = data;
    this.number = number;
    this.known = new Set();
    this.layers = data.start[0].map(() => made("g", {}));
    this.hatches = made("defs", {});
    const size = { viewBox: `0 0 ${data.width} ${data.height}`, role: "img", "font-size": 12 };
    this.svg = made("svg", size, this.hatches, ...this.layers);
    box.replaceChildren(this.svg);
    this.shown = [];
  }

  show(frame, words) {
    this.svg.setAttribute("aria-label", words);
    frame.forEach((ids, layer) => {
      if (this.shown[layer] !== ids) this.layers[layer].replaceChildren(...ids.map((id) => this.mark(id)));
    });
    this.shown = frame;
  }

  mark(id) {
    const [kind, ...mark] = this.data.marks[id];
    return this[kind](...mark);
  }

  path(d, fill, stroke, width, dashes) {
    const look = { d, fill: paint(fill), stroke: paint(stroke), "stroke-width": width };
    return made("path", dashes ? { ...look, "stroke-dasharray": dashes } : look);
  }

  bar(x, y, width, height, hatch, stroke) {
    return made("rect", { x, y, width, height, fill: this.hatch(...hatch), stroke: paint(stroke) });
  }

  hatch(shape, ground, color) {
    const id = `hatch-${this.number}-${Object.keys(this.data.hatches).indexOf(shape)}-${ground}`;
    if (!this.known.has(id)) {
      this.known.add(id);
      const lines = { d: this.data.hatches[shape], stroke: paint(color), "stroke-width": 2 };
      const square = made("rect", { width: 8, height: 8, fill: paint(ground) });
      const size = { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" };
      this.hatches.append(made("pattern", size, square, made("path", lines)));
    }
    return `url(#${id})`;
  }

  text(x, ys, anchor, size, color, lines) {
    const look = { "font-size": size, fill: paint(color), "text-anchor": anchor };
    const rows = lines.map((pieces, row) =>
      made("tspan", { x, y: ys[row] }, ...pieces.map((piece, turn) =>
        turn % 2 ? made("tspan", { "font-weight": "bold" }, piece) : piece)));
    const text = made("text", look, ...rows);
    text.setAttributeNS("http://www.w3.org/XML/1998/namespace", "xml:space", "preserve");
    return text;
  }
}

/** Returns the steps of a sequence from before the first failure on, each with its whole frame. */
function stepsOf(data, place) {
  const sequence = data.sequences[place];
  const past = sequence.after === null ? [first(data)] : stepsOf(data, sequence.after);
  let frame = past.at(-1).frame;
  const own = sequence.steps.map(([at_s, lines, sources, alt, changed]) => {
    frame = frame.map((ids, layer) => changed[layer] ?? ids);
    return { at_s, lines, sources, alt, frame };
  });
  return [...past, ...own];
}

const first = (data) => ({ at_s: -1, lines: [], sources: [], frame: data.start[0], alt: data.start[1] });

class Player {
  constructor(section) {
    this.section = section;
    this.number = section.dataset.of;
    this.data = JSON.parse(document.getElementById(`sequences-${this.number}`).textContent);
    this.text = (id) => this.data.texts[id];
    this.words = (ids) => ids.map(this.text).join(" ");
    this.picture = new Picture(this.find(".picture"), this.data, this.number);
    this.steps = [];
    this.partners = [];
    for (const button of section.querySelectorAll("[data-go]")) {
      button.addEventListener("click", () => this.go(button.dataset.go));
    }
    section.addEventListener("keydown", (event) => this.press(event));
    this.print();
  }

  find(selector) {
    return this.section.querySelector(selector);
  }

  /** Plays a sequence; *partners* are players of another cluster that keep step. */
  play(place, partners = []) {
    this.partners = partners;
    const sequence = this.data.sequences[place];
    this.steps = stepsOf(this.data, place);
    this.find("h3").textContent = `${this.section.dataset.name}${this.text(sequence.label)}: ${this.text(sequence.result)}`;
    this.find(".fates").replaceChildren(...sequence.fates.map((id) => said("li", this.text(id))));
    this.find(".steps").replaceChildren(...this.steps.map((step, at) => {
      const button = said("button", this.told(step));
      button.type = "button";
      button.addEventListener("click", () => this.show(at));
      return said("li", button);
    }));
    this.section.hidden = false;
    this.show(0);
  }

  enter() {
    this.section.focus({ preventScroll: true });
    this.section.scrollIntoView({ block: "start" });
  }

  placeOf(label) {
    const sequences = Object.entries(this.data.sequences);
    return sequences.find(([, sequence]) => this.text(sequence.label) === label)?.[0];
  }

  told(step) {
    return step.lines.map(([line]) => this.text(line).replace(/\.$/, "")).join(". ") || this.section.dataset.before;
  }

  go(where) {
    const last = this.steps.length - 1;
    const to = { first: 0, back: this.at - 1, next: this.at + 1, last }[where];
    this.goTo(Math.min(Math.max(to, 0), last));
  }

  goTo(at) {
    this.show(at);
    const last = this.steps.length - 1;
    const moment = this.at === last ? Infinity : this.steps[this.at].at_s;
    for (const partner of this.partners) partner.show(partner.steps.findLastIndex((step) => step.at_s <= moment));
  }

  press(event) {
    const where = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "last" }[event.key];
    if (!where || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.go(where);
  }

  show(at) {
    this.at = at;
    const step = this.steps[at];
    this.picture.show(step.frame, this.words(step.alt));
    this.find(".now").textContent = `${this.told(step)}.`;
    this.find("output").textContent = `${at + 1} / ${this.steps.length}`;
    this.find("details p").textContent = this.words(step.alt);
    this.find(".why ol").replaceChildren(...step.lines.map(([line, ...details]) =>
      said("li", this.text(line), said("ul", "", ...details.map((id) => this.verdict(this.text(id)))))));
    this.find(".why ul.notes").replaceChildren(...step.sources.map((id) => said("li", this.text(id))));
    this.find(".steps [aria-current]")?.removeAttribute("aria-current");
    this.find(`.steps li:nth-child(${at + 1}) button`).setAttribute("aria-current", "step");
    const ends = { first: at === 0, back: at === 0, next: at === this.steps.length - 1 };
    ends.last = ends.next;
    for (const button of this.section.querySelectorAll("[data-go]")) {
      button.setAttribute("aria-disabled", ends[button.dataset.go]);
    }
  }

  verdict(text) {
    const item = said("li", text);
    if (text.startsWith("chosen")) item.className = "chosen";
    return item;
  }

  /** Draws the end of each sequence that is worth printing; on screen they are not shown. */
  print() {
    const box = document.querySelector(`.printed[data-of="${this.number}"]`);
    for (const place of box.dataset.sequences.split(" ").filter((one) => one in this.data.sequences)) {
      const sequence = this.data.sequences[place];
      const end = stepsOf(this.data, place).at(-1);
      const picture = said("div", "");
      picture.className = "picture";
      const fates = said("ul", "", ...sequence.fates.map((id) => said("li", this.text(id))));
      box.append(said("section", said("h3", `${this.text(sequence.label)}: ${this.text(sequence.result)}`), picture, fates));
      new Picture(picture, this.data, `${this.number}-${place}`).show(end.frame, this.words(end.alt));
    }
  }
}

const players = [...document.querySelectorAll(".player")].map((section) => new Player(section));

/** Calls *act* when *button* is pressed, which then is the one that is marked. */
function whenPressed(button, act) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[aria-pressed]")) other.removeAttribute("aria-pressed");
    button.setAttribute("aria-pressed", "true");
    act();
  });
}

for (const button of document.querySelectorAll("[data-sequence]")) {
  const [number, place] = button.dataset.sequence.split(":");
  whenPressed(button, () => {
    for (const other of players) other.section.hidden = true;
    players[number].play(place);
    players[number].enter();
  });
}

// A part that loses a group alone plays too. Where two clusters are compared, both play a sequence.
for (const cell of document.querySelectorAll(".buys td:first-child, .points td:first-child")) {
  const label = cell.textContent;
  const playing = players.filter((player) => player.placeOf(label));
  if (playing.length === 0) continue;
  const button = said("button", label);
  button.type = "button";
  cell.replaceChildren(button);
  whenPressed(button, () => {
    for (const player of players) player.section.hidden = true;
    for (const player of playing) player.play(player.placeOf(label), playing.filter((one) => one !== player));
    playing[0].enter();
  });
}
