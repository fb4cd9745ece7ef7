// The list of steps, the step that was taken last, and the state it led to.

function showList(view, go) {
  const { trace } = view;
  const list = byId("steps");
  list.replaceChildren(row(view, 0, go));
  const shown = new Set(stops(trace, view.folded));
  let hidden = 0;
  trace.steps.forEach((step, i) => {
    if (i === trace.loop) {
      if (hidden) list.append(folded(hidden));
      hidden = 0;
      list.append(make("li", { class: "mark" }, "↻ from here on for ever"));
    }
    if (!shown.has(i + 1) && view.step !== i + 1) {
      hidden += 1;
      return;
    }
    if (hidden) list.append(folded(hidden));
    hidden = 0;
    list.append(row(view, i + 1, go));
  });
  if (trace.loop !== null) {
    const rest = trace.loop === trace.steps.length;
    list.append(make("li", { class: "mark" }, rest ? "↻ nothing happens any more" : `↻ and again from step ${trace.loop + 1}`));
  }
}

function folded(count) {
  return make("li", { class: "mark" }, `⋯ ${count} kernel step${count === 1 ? "" : "s"}`);
}

function row(view, number, go) {
  const { trace } = view;
  const step = number ? trace.steps[number - 1] : null;
  const bad = number === trace.steps.length && trace.loop === null;
  const lanes = make("span", { class: "lanes", "aria-hidden": "true" });
  trace.actors.forEach((actor) => {
    const mine = step && step.actor === actor;
    lanes.append(make("i", { class: mine ? `dot ${laneClass(trace, actor)}` : "rail" }));
  });
  const button = make(
    "button",
    {
      type: "button",
      class: `step${step && !step.matters ? " aside" : ""}${bad ? " bad" : ""}`,
      "data-step": number,
      "aria-current": number === view.step ? "step" : null,
      onclick: () => go({ step: number }),
    },
    make("span", { class: "number" }, String(number)),
    lanes,
    make("span", { class: "what" },
      make("b", {}, step ? step.actor : "initial state"),
      step && step.function !== step.actor ? ` ${step.function}` : null,
      make("small", {}, step ? brief(trace, step) : "")),
  );
  return make("li", {}, button);
}

// What a reader has to know of a step in a list: what it changed, else what it saw, else its source.
function brief(trace, step) {
  const seen = step.changes.filter(([name, , value, quiet]) => value !== null && !quiet && !isLocal(name));
  const told = seen.filter(([name]) => step.gave.includes(name));
  const shown = (told.length ? told : seen).slice(0, 2).map(([name, old, value]) =>
    old === null ? `${name} = ${value}` : `${name}: ${old} → ${value}`);
  if (shown.length) return shown.join(", ");
  const telling = step.reads.filter((read) => changing(trace).some((name) => read.includes(`  =`)));
  return telling.length ? telling.slice(0, 2).join(", ") : step.source;
}

function showStep(view) {
  const { trace, step: number } = view;
  const detail = byId("detail");
  if (!number) {
    detail.replaceChildren(
      make("h2", {}, "Initial state"),
      make("p", { class: "quiet" }, "Nothing has happened yet. Step forward to see who moves first."),
    );
    return;
  }
  const step = trace.steps[number - 1];
  const bad = number === trace.steps.length && trace.loop === null;
  const parts = [
    make("h2", {}, make("span", { class: "quiet" }, `Step ${number} `), chip(trace, step.actor), step.function === step.actor ? null : ` ${step.function}`),
    make("p", { class: "stack" }, ...stack(step)),
    make("figure", { class: "source" },
      make("figcaption", {}, `${step.file}:${step.line}`),
      make("pre", {}, make("code", {}, step.source || " "))),
  ];
  if (step.flow.length) parts.push(make("h3", {}, "Calls"), make("ul", { class: "flow" }, ...step.flow.map((c) => make("li", {}, c))));
  if (step.choice.length) parts.push(make("h3", {}, "Chosen"), make("ul", { class: "flow" }, ...step.choice.map((c) => make("li", {}, c))));
  const changes = step.changes.filter(([, , value, quiet]) => value !== null && !quiet);
  if (changes.length) {
    parts.push(make("h3", {}, "Changes"), make("table", { class: "changes" },
      make("tbody", {}, ...changes.map(([name, old, value]) => make("tr", { class: step.gave.includes(name) ? "gave" : null },
        make("th", { scope: "row" }, name), make("td", {}, old === null ? "–" : old), make("td", {}, "→"), make("td", {}, value))))));
  }
  if (step.reads.length) parts.push(make("h3", {}, "Looks at"), make("ul", { class: "flow" }, ...step.reads.map((r) => make("li", {}, r))));
  for (const race of trace.races) {
    if ([race.read, race.changed, race.used].includes(number)) parts.push(make("p", { class: "race" }, "Race: ", ...linked(trace, `.`)));
  }
  if (trace.analysed && !step.matters) parts.push(make("p", { class: "quiet" }, "The violation does not depend on what this step did."));
  if (step.partial) parts.push(make("p", { class: "verdict" }, "Here the violation ends the step."));
  if (bad) parts.push(make("p", { class: "verdict" }, trace.failed ? "Violated. False here: " : "Violated.", trace.failed ? make("code", {}, trace.failed) : null));
  if (number === trace.steps.length && trace.stuck.length) {
    parts.push(make("h3", {}, "Stuck for ever"), make("ul", { class: "flow" }, ...trace.stuck.map((s) => make("li", {}, s))));
  }
  detail.replaceChildren(...parts);
}

function stack(step) {
  const names = step.stack.length ? step.stack : [step.function];
  return names.flatMap((name, i) => (i ? [make("span", { class: "quiet" }, " › "), name] : [name]));
}

function showState(view) {
  const { trace, step: number } = view;
  const state = statesOf(trace)[number];
  const before = number ? statesOf(trace)[number - 1] : state;
  const wanted = byId("filter").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map();
  const names = [...state.keys(), ...[...before.keys()].filter((name) => !state.has(name))];
  for (const name of names) {
    if (wanted.length && !wanted.every((word) => name.toLowerCase().includes(word))) continue;
    if (view.folded && !wanted.length && isLocal(name)) continue;
    const owner = ownerOf(trace, name);
    if (!groups.has(owner)) groups.set(owner, []);
    groups.get(owner).push(name);
  }
  const shown = [...groups].sort(([a], [b]) => rank(trace, a) - rank(trace, b) || (a < b ? -1 : a > b ? 1 : 0));
  byId("values").replaceChildren(...shown.map(([owner, members]) => group(view, owner, members, state, before)));
  if (!shown.length) byId("values").append(make("p", { class: "quiet" }, "No value has such a name."));
}

const rank = (trace, owner) => (owner === "" ? 1 : trace.actors.includes(owner) || !trace.objects.includes(owner) ? 2 : 0);

function group(view, owner, members, state, before) {
  const rows = members.map((name) => {
    const value = state.get(name);
    const old = before.get(name);
    const marks = ["value"];
    if (value !== old) marks.push("changed");
    if (view.trace.relevant.includes(name)) marks.push("relevant");
    const short = owner && name.startsWith(`${owner}.`) ? name.slice(owner.length + 1) : owner && name.startsWith(`${owner} `) ? name.slice(owner.length + 1) : name;
    return make("tr", { class: marks.join(" "), "data-name": name },
      make("th", { scope: "row" }, short, view.trace.relevant.includes(name) ? make("abbr", { title: "the verdict was read from it" }, " ★") : null),
      make("td", {}, value !== old && old !== undefined ? make("del", {}, old) : null, value === undefined ? make("i", {}, "gone") : value));
  });
  return make("table", { class: "group" }, make("caption", {}, owner || "shared"), make("tbody", {}, ...rows));
}
