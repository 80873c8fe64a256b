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
        const was = child.getBoundingClientRect().top;
        child.style.transform = "";
        list.insertBefore(child, others[place] ?? null);
        offset += child.getBoundingClientRect().top - (was - (move.clientY - offset));
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
      if (end.type === "pointercancel") list.insertBefore(child, [...list.children].filter((one) => one !== child)[from] ?? null);
      else if (place !== from) dropped(child, place);
    };
    grip.addEventListener("pointermove", moved);
    grip.addEventListener("pointerup", ended);
    grip.addEventListener("pointercancel", ended);
  });
}

function middle(element) {
  const box = element.getBoundingClientRect();
  return box.top + box.height / 2;
}
