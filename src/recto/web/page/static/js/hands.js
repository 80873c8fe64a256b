// Mouse, touch and keyboard on the stage.

const STEP_PX = 40;
const NEARER = 1.25;

/** Let people move a stage and its divider; `loupe` takes the arrows while it is shown. */
export function handle(stage, loupe) {
  const { root, divider } = stage;
  const down = new Map();
  const at = (event) => {
    const box = root.getBoundingClientRect();
    return [event.clientX - box.left - root.clientLeft, event.clientY - box.top - root.clientTop];
  };

  root.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    root.setPointerCapture(event.pointerId);
    const divides = stage.both && stage.mode === "slider" && (divider.contains(event.target) || stage.view.zoom <= 1.001);
    down.set(event.pointerId, { point: at(event), divides, touch: event.pointerType !== "mouse" });
    if (divides && event.pointerType === "mouse") {
      stage.setSplit(at(event)[0] / root.clientWidth);
      divider.focus({ preventScroll: true });
      event.preventDefault();
    }
  });

  root.addEventListener("pointermove", (event) => {
    const now = at(event);
    loupe.moveTo(...now);
    const one = down.get(event.pointerId);
    if (!one) return;
    if (down.size === 2) pinch(event.pointerId, now);
    else if (one.divides) stage.setSplit(now[0] / root.clientWidth);
    else stage.pan(now[0] - one.point[0], now[1] - one.point[1]);
    one.point = now;
  });

  function pinch(id, now) {
    const [mine, other] = [down.get(id), [...down].find(([key]) => key !== id)[1]];
    const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const was = distance(mine.point, other.point);
    const middle = [(now[0] + other.point[0]) / 2, (now[1] + other.point[1]) / 2];
    if (was > 10) stage.zoomTo((stage.view.zoom * distance(now, other.point)) / was, middle);
    stage.pan((now[0] - mine.point[0]) / 2, (now[1] - mine.point[1]) / 2);
    mine.divides = other.divides = false;
  }

  for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, (event) => down.delete(event.pointerId));
  root.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") loupe.rest(); });

  root.addEventListener("wheel", (event) => {
    // A wheel over a picture that was not touched yet scrolls the page.
    if (!event.ctrlKey && !event.metaKey && !root.contains(document.activeElement)) return;
    event.preventDefault();
    stage.zoomTo(stage.view.zoom * Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 150), at(event));
  }, { passive: false });

  root.addEventListener("dblclick", (event) => {
    if (stage.view.zoom > 1.001) stage.fit();
    else stage.zoomTo(stage.actual, at(event));
  });

  divider.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: stage.split - 0.02, ArrowDown: stage.split - 0.02, ArrowRight: stage.split + 0.02, ArrowUp: stage.split + 0.02, PageDown: stage.split - 0.1, PageUp: stage.split + 0.1, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    stage.setSplit(to);
  });

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys(stage, loupe)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function keys(stage, loupe) {
  const arrow = (x, y) => () => (loupe.shown ? loupe.step(x * STEP_PX, y * STEP_PX) : stage.pan(-x * STEP_PX, -y * STEP_PX));
  const nearer = () => stage.zoomTo(stage.view.zoom * NEARER);
  const farther = () => stage.zoomTo(stage.view.zoom / NEARER);
  return {
    "+": nearer, "=": nearer, "-": farther, 0: () => stage.fit(), 1: () => stage.zoomTo(stage.actual),
    ArrowLeft: arrow(-1, 0), ArrowRight: arrow(1, 0), ArrowUp: arrow(0, -1), ArrowDown: arrow(0, 1), l: () => loupe.toggle(), L: () => loupe.toggle(),
  };
}
