// Re-ordering by dragging a handle, with mouse, pen or finger. The buttons up and down do the same.

/**
 * Let the children of a list be dragged by what is inside `.grip`.
 * `dropped(child, place)` is called with the new place, from 0.
 */
export function sortable(list, dropped) {
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip");
    const child = grip?.closest("li");
    if (!child || event.button) return;
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    const from = [...list.children].indexOf(child);
    let offset = event.clientY;
    child.classList.add("dragged");

    const moved = (move) => {
      const others = [...list.children].filter((one) => one !== child);
      const place = others.filter((one) => move.clientY > middle(one)).length;
      if ([...list.children].indexOf(child) !== place) {
        child.style.transform = "";
        const was = child.getBoundingClientRect().top;
        put(child, place);
        offset += child.getBoundingClientRect().top - was;
      }
      child.style.transform = `translateY(${move.clientY - offset}px)`;
    };
    const ended = (end) => {
      grip.removeEventListener("pointermove", moved);
      grip.removeEventListener("pointerup", ended);
      grip.removeEventListener("pointercancel", ended);
      child.style.transform = "";
      child.classList.remove("dragged");
      const place = [...list.children].indexOf(child);
      if (end.type === "pointercancel") put(child, from);
      else if (place !== from) dropped(child, place);
    };
    grip.addEventListener("pointermove", moved);
    grip.addEventListener("pointerup", ended);
    grip.addEventListener("pointercancel", ended);
  });
}

/** Bring a child to a place by moving the others round it: an element that is taken out loses the pointer. */
function put(child, place) {
  const here = () => [...child.parentElement.children].indexOf(child);
  while (here() < place) child.before(child.nextElementSibling);
  while (here() > place) child.after(child.previousElementSibling);
}

function middle(element) {
  const box = element.getBoundingClientRect();
  return box.top + box.height / 2;
}
