// One object or one value over the steps: numbers as lines, everything else as bands of one value.

function followable(trace) {
  const values = changing(trace);
  return { objects: trace.objects.filter((o) => values.some((n) => ownerOf(trace, n) === o)), values };
}

function usual(trace) {
  const { objects, values } = followable(trace);
  const told = trace.relevant.map((name) => ownerOf(trace, name)).find((owner) => objects.includes(owner));
  return told || objects.find((o) => o.startsWith("inode")) || objects[0] || values[0] || "";
}

function showFollow(view) {
  const { objects, values } = followable(view.trace);
  if (!objects.includes(view.follow) && !values.includes(view.follow)) view.follow = usual(view.trace);
  const option = (name) => make("option", { value: name, selected: name === view.follow }, name);
  byId("follow").replaceChildren(
    make("optgroup", { label: "Objects" }, ...objects.map(option)),
    make("optgroup", { label: "Values" }, ...values.filter((v) => !objects.includes(v)).map(option)));
  byId("follow-pane").hidden = !view.follow;
}

function showPlot(view, go) {
  const { trace } = view;
  const states = statesOf(trace);
  const { objects, values } = followable(trace);
  const names = objects.includes(view.follow) ? values.filter((n) => ownerOf(trace, n) === view.follow) : values.filter((n) => n === view.follow);
  byId("labels").replaceChildren(...names.map((name) => label(trace, name)));
  const left = 2, high = 34, top = 26;
  const wide = Math.max(26, Math.min(64, Math.floor((byId("plot").clientWidth - 4) / states.length)));
  const width = left + wide * states.length + 2;
  const height = top + high * names.length + 8;
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${view.follow} over ${states.length - 1} steps` });
  picture.append(draw("rect", { class: "now", x: left + wide * view.step, y: 0, width: wide, height }));
  states.forEach((_, i) => {
    const x = left + wide * i;
    const actor = i ? trace.steps[i - 1].actor : null;
    if (i === trace.loop && trace.loop !== null) picture.append(draw("line", { class: "loop", x1: x + wide, x2: x + wide, y1: 0, y2: height }));
    if (actor) picture.append(draw("rect", { class: `strip ${laneClass(trace, actor)}`, x: x + 1, y: top - 8, width: wide - 2, height: 5 }));
    picture.append(draw("text", { class: "tick", x: x + wide / 2, y: 13, "text-anchor": "middle" }, String(i)));
  });
  names.forEach((name, i) => picture.append(track(trace, name, states.map((s) => s.get(name)), left, top + high * i, wide, high)));
  states.forEach((_, i) => {
    const title = i ? `step ${i}: ${trace.steps[i - 1].actor} ${trace.steps[i - 1].function}` : "initial state";
    picture.append(draw("rect", { class: "hit", x: left + wide * i, y: 0, width: wide, height, onclick: () => go({ step: i }) }, draw("title", {}, title)));
  });
  byId("plot").replaceChildren(picture);
  const seen = byId("plot");
  const at = left + wide * view.step;
  if (at + wide > seen.scrollLeft + seen.clientWidth || at < seen.scrollLeft) seen.scrollLeft = Math.max(0, at - seen.clientWidth / 2);
}

// The names stand beside the picture, so that they stay when it is scrolled.
function label(trace, name) {
  const short = name.includes(".") ? name.slice(name.indexOf(".") + 1) : name;
  return make("div", { class: trace.relevant.includes(name) ? "label relevant" : "label", title: name }, short);
}

function track(trace, name, values, left, y, wide, high) {
  const group = draw("g", { class: "track", "data-name": name });
  const known = values.filter((v) => v !== undefined);
  if (known.every((v) => /^-?\d+$/.test(v))) numbers(group, values, left, y, wide, high);
  else bands(group, values, left, y, wide, high);
  return group;
}

function numbers(group, values, left, y, wide, high) {
  const most = Math.max(1, ...values.filter((v) => v !== undefined).map(Number));
  const least = Math.min(0, ...values.filter((v) => v !== undefined).map(Number));
  const level = (v) => y + high - 7 - ((Number(v) - least) / (most - least)) * (high - 16);
  let path = "";
  values.forEach((v, i) => {
    const x = left + wide * i;
    if (v === undefined) return;
    path += `${i && values[i - 1] !== undefined ? "L" : "M"}${x},${level(v)}L${x + wide},${level(v)}`;
    if (!i || values[i - 1] !== v) {
      group.append(draw("text", { class: "number", x: x + 4, y: level(v) - 3 }, v));
    }
  });
  group.prepend(draw("path", { class: "line", d: path || "M0,0" }));
}

function bands(group, values, left, y, wide, high) {
  let from = 0;
  for (let i = 1; i <= values.length; i += 1) {
    if (i < values.length && values[i] === values[from]) continue;
    const value = values[from];
    if (value !== undefined) {
      const x = left + wide * from, length = wide * (i - from);
      const low = ["False", "None", "{}", "free"].includes(value);
      const room = Math.floor((length - 8) / 6.6);
      group.append(draw("rect", { class: low ? "band low" : "band", x: x + 1, y: y + 7, width: length - 2, height: high - 13, rx: 4 }, draw("title", {}, value)));
      if (room > 1) group.append(draw("text", { class: "in-band", x: x + 6, y: y + high / 2 + 4 }, value.length > room ? `${value.slice(0, room - 1)}…` : value));
    }
    from = i;
  }
}
