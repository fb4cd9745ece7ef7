// What the page shows: the traces as data, and the state after each step.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);

// The values after each number of steps, as maps from names; made once for each trace.
function statesOf(trace) {
  if (!trace.states) {
    const states = [new Map(trace.initial)];
    for (const step of trace.steps) {
      const next = new Map(states[states.length - 1]);
      for (const [name, , value] of step.changes) {
        if (value === null) next.delete(name);
        else next.set(name, value);
      }
      states.push(next);
    }
    trace.states = states;
  }
  return trace.states;
}

// "inode0" of "inode0.i_count" and of "inode0"; "reader0" of "reader0 iput.inode"; "" of what is no one's.
function ownerOf(trace, name) {
  const space = name.indexOf(" ");
  if (space > 0) return name.slice(0, space);
  const dot = name.indexOf(".");
  if (dot > 0) return name.slice(0, dot);
  return trace.objects.includes(name) ? name : "";
}

const isLocal = (name) => name.includes(" ");

// The places where folding leaves something to be seen: 0 is the initial state, n the state after step n.
function stops(trace, folded) {
  const shown = [0];
  trace.steps.forEach((step, i) => {
    if (!folded || !step.internal || i === trace.steps.length - 1 || i === trace.loop) shown.push(i + 1);
  });
  return shown;
}

function place(view) {
  const parts = [`trace=${encodeURIComponent(view.trace.id)}`, `step=${view.step}`];
  if (view.follow) parts.push(`follow=${encodeURIComponent(view.follow)}`);
  if (view.folded) parts.push("fold=1");
  return `#${parts.join("&")}`;
}

function placeFrom(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const trace = DATA.traces.find((t) => t.id === given.get("trace")) || DATA.traces[0];
  const wanted = /^\d+$/.test(given.get("step") || "") ? Number(given.get("step")) : trace.steps.length;
  return {
    trace,
    step: Math.min(wanted, trace.steps.length),
    follow: given.get("follow") || "",
    folded: given.get("fold") === "1",
  };
}

// The names of the values that others can see and that are not the same all the time; found once for each trace.
function changing(trace) {
  if (!trace.changing) {
    const states = statesOf(trace);
    const names = new Set(states.flatMap((state) => [...state.keys()]).filter((name) => !isLocal(name)));
    trace.changing = [...names].filter((name) => new Set(states.map((s) => s.get(name))).size > 1);
  }
  return trace.changing;
}
