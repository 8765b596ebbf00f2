// Put before the scripts of widgets that hear their kernel.

/**
 * anywidget gives a widget two seconds to start; one that a busy page starts later gets no message
 * any more. This gives such a widget its ears back, and asks for the state that it missed.
 */
function hearThoughLate(model) {
  const attend = (whole) => {
    const kinds = [];
    for (let kind = whole; kind; kind = Object.getPrototypeOf(kind)) {
      if (Object.hasOwn(kind, "_handle_comm_msg")) kinds.push(kind);
    }
    const nothing = { content: { data: { method: "nothing" } } };
    whole._handle_comm_msg(nothing).catch(() => {
      // The second of its kinds is any widget, which waits for nobody.
      whole.comm?.on_msg((message) => kinds[1]._handle_comm_msg.call(whole, message));
      whole.comm?.send({ method: "request_state" }, {});
    });
  };
  // Only who hears of a change gets the whole of the model.
  model.on("change:_hearing", attend);
  model.set("_hearing", true);
  model.off("change:_hearing", attend);
}

