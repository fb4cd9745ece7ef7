// Where the reader is, and how to get on: the address, the keyboard, the buttons.

const view = placeFrom(location.hash);

function go(change) {
  const other = change.trace && change.trace !== view.trace;
  Object.assign(view, change);
  if (other) {
    view.step = change.step === undefined ? view.trace.steps.length : change.step;
    showTrace();
  }
  showPlace();
  history.replaceState(null, "", place(view));
}

function showTrace() {
  const { trace } = view;
  byId("which").value = trace.id;
  byId("model").textContent = `${trace.model} · ${trace.path}`;
  byId("property").textContent = trace.property;
  byId("doc").textContent = trace.doc;
  byId("summary").replaceChildren(...trace.summary.map((said) => make("p", {}, ...linked(trace, said))));
  byId("failed").replaceChildren(...(trace.failed ? ["False at the end: ", make("code", {}, trace.failed)] : []));
  byId("scope").firstElementChild.textContent = trace.length;
  byId("constants").replaceChildren(...trace.constants.map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  byId("slider").max = trace.steps.length;
  document.title = `${trace.property} · ${trace.model} · ovlcheck`;
  showFollow(view);
}

function showPlace() {
  const { trace, step } = view;
  byId("slider").value = step;
  byId("where").textContent = `${step} / ${trace.steps.length}`;
  byId("fold").checked = view.folded;
  byId("back").disabled = byId("first").disabled = step === 0;
  byId("on").disabled = byId("last").disabled = step === trace.steps.length && trace.loop === null;
  showList(view, go);
  showStep(view);
  showState(view);
  showPlot(view, go);
  const current = byId("steps").querySelector("[aria-current]");
  const list = byId("list");
  if (current && list.scrollHeight > list.clientHeight) {
    const top = current.offsetTop - list.offsetTop;
    if (top < list.scrollTop || top + current.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = top - list.clientHeight / 2;
    }
  }
  const now = step ? trace.steps[step - 1] : null;
  byId("said").textContent = now ? `Step ${step} of ${trace.steps.length}: ${now.actor} in ${now.function}. ${brief(trace, now)}` : "Initial state";
}

// The step before or after, over what is folded; in a loop the last step leads back to its first state.
function neighbour(by) {
  const places = stops(view.trace, view.folded);
  if (by < 0) return [...places].reverse().find((p) => p < view.step) || 0;
  const next = places.find((p) => p > view.step);
  if (next !== undefined) return next;
  const { loop, steps } = view.trace;
  return loop !== null && loop < steps.length ? loop + 1 : view.step;
}

// The next or last place at which somebody else moves than before.
function turn(by) {
  const { steps } = view.trace;
  for (let at = view.step + by; at > 0 && at <= steps.length; at += by) {
    if (at === 1 || steps[at - 1].actor !== steps[at - 2].actor) return at;
  }
  return by < 0 ? 0 : steps.length;
}

function otherTrace(by) {
  const at = DATA.traces.indexOf(view.trace) + by;
  if (DATA.traces[at]) go({ trace: DATA.traces[at] });
}

const KEYS = {
  ArrowRight: (e) => go({ step: e.shiftKey ? turn(1) : neighbour(1) }),
  ArrowLeft: (e) => go({ step: e.shiftKey ? turn(-1) : neighbour(-1) }),
  j: () => go({ step: neighbour(1) }),
  k: () => go({ step: neighbour(-1) }),
  Home: () => go({ step: 0 }),
  End: () => go({ step: view.trace.steps.length }),
  "[": () => otherTrace(-1),
  "]": () => otherTrace(1),
  f: () => go({ folded: !view.folded }),
  "/": () => byId("filter").focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input[type=search], select");
  if (typing && event.key === "Escape") event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.id === "slider" && event.key.startsWith("Arrow") && !event.shiftKey) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

byId("first").addEventListener("click", () => go({ step: 0 }));
byId("back").addEventListener("click", () => go({ step: neighbour(-1) }));
byId("on").addEventListener("click", () => go({ step: neighbour(1) }));
byId("last").addEventListener("click", () => go({ step: view.trace.steps.length }));
byId("slider").addEventListener("input", (event) => go({ step: Number(event.target.value) }));
byId("fold").addEventListener("change", (event) => go({ folded: event.target.checked }));
byId("filter").addEventListener("input", () => showState(view));
byId("follow").addEventListener("change", (event) => go({ follow: event.target.value }));
byId("which").addEventListener("change", (event) => go({ trace: DATA.traces.find((t) => t.id === event.target.value) }));
window.addEventListener("hashchange", () => {
  if (!location.hash.includes("step=")) return;
  Object.assign(view, placeFrom(location.hash));
  showTrace();
  showPlace();
});

byId("which").append(...DATA.traces.map((t) => make("option", { value: t.id }, t.title)));
document.querySelector(".which").hidden = DATA.traces.length < 2;
showTrace();
showPlace();
