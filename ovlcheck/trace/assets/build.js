// Elements are made of text only: no name or value of a model can become markup.

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes, children);
  return element;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
}

const byId = (id) => document.getElementById(id);

function laneClass(trace, actor) {
  return `lane${trace.actors.indexOf(actor) % 7}`;
}

function chip(trace, actor) {
  return make("span", { class: `chip ${laneClass(trace, actor)}` }, actor);
}

// Text in which "step 7" leads there.
function linked(trace, text) {
  return text.split(/(\bstep \d+)/).map((part) => {
    const found = /^step (\d+)$/.exec(part);
    if (!found || Number(found[1]) > trace.steps.length) return part;
    return make("a", { href: `#trace=${encodeURIComponent(trace.id)}&step=${found[1]}` }, part);
  });
}
