// The layer over a picture: its objects as buttons for the keyboard, the menu of one of them, and
// the time bars to be dragged. The mouse passes through to the picture, but for menu and handles.

const DRAG_PAUSE_MS = 60;

/** Without a kernel nobody listens. */
function quietly(talk) {
  try {
    talk();
  } catch {
    // The panel itself says that its kernel is gone.
  }
}

function add(parent, tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

function put(element, [left, top, right, bottom]) {
  const values = { left, top, width: right - left, height: bottom - top };
  for (const [name, value] of Object.entries(values)) element.style[name] = `${value}px`;
}

/** Objects keep their buttons, so that the focus stays while a group moves. */
function drawSpots(layer, model, tell) {
  const old = new Map([...layer.spots.children].map((one) => [one.dataset.key, one]));
  for (const [key, label, ...box] of model.get("spots")) {
    let spot = old.get(key);
    old.delete(key);
    if (!spot) {
      spot = add(layer.spots, "button", "clusterlab-spot");
      spot.dataset.key = key;
      spot.setAttribute("aria-haspopup", "menu");
      spot.addEventListener("click", () => tell({ open: key }));
    }
    spot.setAttribute("aria-label", label);
    put(spot, box);
  }
  for (const gone of old.values()) gone.remove();
}

function spotOf(layer, key) {
  return [...layer.spots.children].find((one) => one.dataset.key === key);
}

function drawMenu(layer, model, tell) {
  const { key, items } = model.get("menu");
  const hadFocus = layer.menu.contains(document.activeElement);
  const before = [...layer.menu.children].indexOf(document.activeElement);
  const last = layer.menu.dataset.key;
  const isNew = Boolean(key) && last !== key;
  layer.menu.dataset.key = key ?? "";
  layer.menu.hidden = !key;
  layer.menu.replaceChildren();
  if (!key) {
    if (hadFocus) spotOf(layer, last)?.focus({ preventScroll: true });
    return;
  }
  const spot = spotOf(layer, key);
  layer.menu.setAttribute("aria-label", spot?.getAttribute("aria-label") ?? "Commands");
  for (const { text, why } of items) {
    const item = add(layer.menu, "button", "clusterlab-command", text);
    item.setAttribute("role", "menuitem");
    item.addEventListener("click", () => why || tell({ choose: text }));
    if (!why) continue;
    item.setAttribute("aria-disabled", "true");
    item.title = why;
    add(item, "small", "", why);
  }
  beside(layer, spot);
  const commands = [...layer.menu.children];
  const first = commands.find((one) => !one.title) ?? commands[0];
  if (isNew || hadFocus) (isNew ? first : (commands[before] ?? first)).focus({ preventScroll: true });
}

/** The menu opens at its object, and stays inside the picture. */
function beside(layer, spot) {
  if (!spot) return;
  const { clientWidth, clientHeight } = layer.el;
  const left = Math.min(spot.offsetLeft + 24, clientWidth - layer.menu.offsetWidth - 4);
  const top = Math.min(spot.offsetTop + 26, clientHeight - layer.menu.offsetHeight - 4);
  layer.menu.style.left = `${Math.max(left, 0)}px`;
  layer.menu.style.top = `${Math.max(top, 0)}px`;
}

function walkMenu(layer, event, tell) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") tell({ close: true });
  else if (step) {
    const items = [...layer.menu.children];
    const next = items.indexOf(document.activeElement) + step;
    items[(next + items.length) % items.length].focus({ preventScroll: true });
  } else return;
  event.preventDefault();
  event.stopPropagation(); // the notebook would leave the cell
}

function drawStart(layer, model, tell) {
  const { text, button, ...deed } = model.get("start");
  layer.start.hidden = !text;
  layer.start.replaceChildren();
  if (!text) return;
  put(layer.start, model.get("strip"));
  add(layer.start, "span", "", text);
  add(layer.start, "button", "clusterlab-first", button).addEventListener("click", () => tell(deed));
}

function drawNow(layer, model) {
  const [, top, , bottom, now] = model.get("strip");
  layer.now.hidden = now === undefined || Boolean(model.get("start").text);
  if (!layer.now.hidden) put(layer.now, [now - 7, top - 4, now + 7, bottom + 4]);
}

/** The time bars are the slider: press or drag anywhere on them. */
function dragTime(layer, model, stage, signal, tell) {
  let isOn = false;
  let waiting = 0;
  let last;
  const inside = (event) => {
    const [left, top, right, bottom] = model.get("strip");
    const box = layer.el.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return { x: Math.min(Math.max(x, left), right), hit: x > left - 8 && x < right + 8 && y > top - 4 && y < bottom + 4 };
  };
  const send = () => {
    waiting = 0;
    tell({ drag: last });
  };
  const start = (event) => {
    if (event.button !== 0 || model.get("start").text || event.target.closest("[role=menu]")) return;
    isOn = inside(event).hit;
  };
  const move = (event) => {
    if (!isOn) return;
    event.preventDefault();
    last = inside(event).x;
    waiting ||= setTimeout(send, DRAG_PAUSE_MS);
  };
  const end = (event) => {
    if (isOn) tell({ drag: inside(event).x });
    isOn = false;
  };
  stage.addEventListener("pointerdown", start, { capture: true, signal });
  document.addEventListener("pointermove", move, { signal });
  document.addEventListener("pointerup", end, { capture: true, signal });
}

function whenInside(el, signal, act) {
  if (signal.aborted) return;
  const stage = el.closest(".clusterlab-stage");
  if (stage) act(stage);
  else setTimeout(whenInside, 50, el, signal, act);
}

export default {
  initialize: ({ model }) => hearThoughLate(model),
  render({ model, el }) {
    const life = new AbortController();
    const { signal } = life;
    const tell = (message) => quietly(() => model.send(message));
    const layer = {
      el,
      spots: add(el, "div", "clusterlab-spots"),
      now: add(el, "div", "clusterlab-now"),
      start: add(el, "div", "clusterlab-start"),
      menu: add(el, "div", "clusterlab-popup"),
    };
    layer.menu.setAttribute("role", "menu");
    layer.menu.addEventListener("keydown", (event) => walkMenu(layer, event, tell), { signal });
    const draw = {
      spots: () => drawSpots(layer, model, tell),
      menu: () => drawMenu(layer, model, tell),
      start: () => drawStart(layer, model, tell),
      strip: () => drawNow(layer, model),
    };
    draw.all = () => [draw.spots, draw.start, draw.strip, draw.menu].forEach((one) => one());
    const changes = { spots: draw.spots, menu: draw.menu, start: draw.all, strip: draw.all };
    for (const [name, act] of Object.entries(changes)) model.on(`change:${name}`, act);
    const leave = ({ target }) => {
      if (!layer.menu.hidden && !layer.menu.contains(target)) tell({ close: true });
    };
    document.addEventListener("pointerdown", leave, { capture: true, signal });
    whenInside(el, signal, (stage) => dragTime(layer, model, stage, signal, tell));
    draw.all();
    return () => {
      life.abort();
      for (const [name, act] of Object.entries(changes)) model.off(`change:${name}`, act);
    };
  },
};
