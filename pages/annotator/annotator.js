// One photo or a grid of them is shown; the next ones are loaded meanwhile. An answer is
// on the disk before what follows it shows.
const AHEAD = 16;
const ON_A_GRID = 24;
const RATE_MINUTES = 5;
const SWIPE = 60;

const find = (id) => document.getElementById(id);
const stage = find("stage");
// Photos to be answered, those answered (oldest first), and where in these one looks;
// null: at the photo to be answered.
let queue = [];
let trail = [];
let place = null;
let values = {};
let wrong = new Set();
let isBusy = false;
let pages = [];
const times = [];

// Answers are counted as they are sent.
let sent = 0;

const ask = async (what, body) => {
  if (what === "answers") sent += 1;
  const person = find("person").value;
  const answer = await fetch(what, {
    method: "POST",
    body: JSON.stringify({ person, ...body }),
    headers: { "x-page-token": token },
  }).catch(() => {
    throw new Error("The server does not answer: is it still running?");
  });
  if (!answer.ok) throw new Error(await answer.text());
  const found = await answer.json();
  showProgress(found);
  return found;
};

const photoOf = (found) => {
  const image = new Image();
  const photo = { ...found, image };
  image.alt = "";
  image.onerror = () => explain(photo);
  image.src = addressOf(found.number, "small");
  // Ahead, not when it is shown; what is wrong is said then.
  image.decode().catch(() => null);
  return photo;
};

const addressOf = (number, size) =>
  `photo/${number}/${size}?token=${encodeURIComponent(facts.isLocal ? "" : token)}`;

const explain = async (photo) => {
  const answer = await fetch(photo.image.src).catch(() => null);
  photo.fault = answer && !answer.ok ? await answer.text() : "it cannot be shown";
  if (present() === photo) say(`This photo cannot be read: ${photo.fault}. Skip it.`);
};

const say = (words) => (find("status").textContent = words);

// Where one is

const present = () => (place === null ? queue[0] : trail[place]);

const fill = async () => {
  const wanted = facts.isGrid ? 2 * ON_A_GRID : AHEAD + 1;
  const sentBefore = sent;
  const { photos } = await ask("next", { count: wanted, isGrid: facts.isGrid });
  // What was answered meanwhile is among them.
  if (sent !== sentBefore) return;
  const known = new Set(queue.map((photo) => photo.number));
  queue.push(...photos.filter(({ number }) => !known.has(number)).map(photoOf));
};

const show = () => {
  wrong = new Set();
  if (facts.isGrid) return showGrid();
  const photo = present();
  stage.className = "";
  stage.replaceChildren(...(photo ? [photo.image] : []));
  say(photo?.fault ? `This photo cannot be read: ${photo.fault}. Skip it.` : "");
  find("why").textContent = photo ? photo.why : "Every photo has an answer.";
  values = { ...(photo?.answer && facts.factors ? photo.answer : {}) };
  showFactors();
  for (const button of document.querySelectorAll("button.main"))
    button.toggleAttribute("data-given", photo?.answer === button.dataset.do);
};

const showGrid = () => {
  const page = queue.slice(0, ON_A_GRID);
  stage.className = "grid";
  find("why").textContent = page.length
    ? `A filter says ${page[0].guess} to all of these: click those where it is wrong.`
    : "No photo is left of which a filter says anything.";
  stage.replaceChildren(
    ...page.map((photo) => {
      const tile = document.createElement("button");
      tile.className = "tile";
      tile.type = "button";
      tile.setAttribute("aria-pressed", "false");
      tile.setAttribute("aria-label", `photo ${photo.number}`);
      tile.onclick = () => {
        const isWrong = !wrong.delete(photo.number);
        if (isWrong) wrong.add(photo.number);
        tile.setAttribute("aria-pressed", isWrong);
      };
      tile.append(photo.image);
      return tile;
    }),
  );
};

const showProgress = ({ answered, total }) => {
  const since = Date.now() - RATE_MINUTES * 60000;
  while (times.length && times[0] < since) times.shift();
  const words = [`${answered.toLocaleString("en")} of ${total.toLocaleString("en")}`];
  const minutes = (Date.now() - times[0]) / 60000;
  if (times.length > 4 && minutes > 0) {
    const rate = times.length / minutes;
    words.push(`${rate.toFixed(0)} a minute`, `${inWords((total - answered) / rate)} left`);
  }
  find("progress").textContent = words.join(" · ");
  find("bar").value = total ? answered / total : 0;
};

const inWords = (minutes) =>
  minutes < 90 ? `${Math.ceil(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;

// Factors

const openFactor = () => facts.factors?.find(({ name }) => !(name in values));

const showFactors = () => {
  if (!facts.factors) return;
  const box = find("factors");
  box.hidden = !present();
  const rows = facts.factors.flatMap((factor) => {
    const name = document.createElement("span");
    name.className = factor === openFactor() ? "name present" : "name";
    name.textContent = factor.name.replaceAll("_", " ");
    const buttons = document.createElement("span");
    buttons.className = "values";
    buttons.append(
      ...factor.values.map((value) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = value;
        button.setAttribute("aria-pressed", values[factor.name] === value);
        button.onclick = () => give(factor, value);
        return button;
      }),
    );
    return [name, buttons];
  });
  box.replaceChildren(...rows);
};

const give = (factor, value) => {
  if (!factor || !present()) return;
  values[factor.name] = value;
  showFactors();
  if (!openFactor()) answer(values);
};

// Answers

const guarded = async (task) => {
  if (isBusy) return;
  isBusy = true;
  try {
    await task();
  } catch (error) {
    say(error.message);
  }
  isBusy = false;
};

const answer = (given) =>
  guarded(async () => {
    const photo = present();
    if (!photo) return;
    await ask("answers", { answers: [[photo.number, given]] });
    if (given !== null) times.push(Date.now());
    if (place === null) {
      queue.shift();
      if (given !== null) trail.push(Object.assign(photo, { answer: given }));
    } else {
      photo.answer = given;
      place = place + 1 < trail.length ? place + 1 : null;
    }
    if (!present()) await fill();
    show();
    if (queue.length <= AHEAD / 2) fill().catch((error) => say(error.message));
  });

const undo = () =>
  guarded(async () => {
    if (facts.isGrid) return undoPage();
    const photo = place === null ? trail.at(-1) : trail[place];
    if (!photo) return say("There is nothing left to undo.");
    await ask("answers", { answers: [[photo.number, ""]] });
    trail.splice(trail.indexOf(photo), 1);
    queue.unshift(Object.assign(photo, { answer: "" }));
    place = null;
    times.pop();
    show();
  });

const look = (step) => {
  const from = place === null ? trail.length : place;
  const to = Math.max(0, Math.min(trail.length, from + step));
  place = to === trail.length ? null : to;
  show();
};

const accept = () =>
  guarded(async () => {
    const page = queue.slice(0, ON_A_GRID);
    if (!page.length) return;
    const opposite = { yes: "no", no: "yes" };
    const answers = page.map(({ number, guess }) => [
      number,
      wrong.has(number) ? opposite[guess] : guess,
    ]);
    await ask("answers", { answers });
    pages.push(page);
    page.forEach(() => times.push(Date.now()));
    await turnPage(page);
  });

const turnPage = async (page) => {
  queue = queue.slice(page.length);
  if (queue.length < ON_A_GRID) await fill();
  show();
};

const undoPage = async () => {
  const page = pages.pop();
  if (!page) return say("There is nothing left to undo.");
  await ask("answers", { answers: page.map(({ number }) => [number, ""]) });
  queue.unshift(...page);
  show();
};

const skip = () => {
  if (!facts.isGrid) return facts.factors ? give(openFactor(), "") : answer(null);
  guarded(async () => {
    const page = queue.slice(0, ON_A_GRID);
    await ask("answers", { answers: page.map(({ number }) => [number, null]) });
    await turnPage(page);
  });
};

const leaveRest = () => {
  for (const { name } of facts.factors) values[name] ??= "";
  answer(values);
};

const toggleFull = () => {
  const photo = present();
  if (!photo) return;
  const isFull = stage.classList.toggle("whole");
  photo.image.src = addressOf(photo.number, isFull ? "full" : "small");
};

const actions = {
  yes: () => answer("yes"),
  no: () => answer("no"),
  unsure: () => answer("unsure"),
  accept,
  undo,
  skip,
  back: () => look(-1),
  forward: () => look(1),
  full: toggleFull,
  help: () => find("help").showModal(),
};
const keys = { Backspace: "undo", ArrowLeft: "back", ArrowRight: "forward", " ": "skip", f: "full", "?": "help" };
if (facts.isGrid) Object.assign(keys, { Enter: "accept" });
else if (!facts.factors) Object.assign(keys, { y: "yes", n: "no", u: "unsure" });

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input") || find("help").open) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (facts.factors && key === "Enter") {
    event.preventDefault();
    return leaveRest();
  }
  if (facts.factors && /^[1-9]$/.test(key)) {
    const factor = openFactor();
    const value = factor?.values[Number(key) - 1];
    if (value !== undefined) give(factor, value);
    return;
  }
  if (!(key in keys)) return;
  event.preventDefault();
  actions[keys[key]]();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  button.blur();
  actions[button.dataset.do]();
});

let touched = null;
stage.addEventListener("touchstart", ({ touches }) => {
  touched = touches.length === 1 ? touches[0] : null;
});
stage.addEventListener("touchend", ({ changedTouches }) => {
  if (!touched || facts.isGrid || facts.factors || stage.classList.contains("whole")) return;
  const across = changedTouches[0].clientX - touched.clientX;
  const down = changedTouches[0].clientY - touched.clientY;
  if (Math.abs(across) > SWIPE) actions[across > 0 ? "yes" : "no"]();
  else if (down < -SWIPE) actions.unsure();
});

// Who answers is kept by the browser, so that several people have names of their own.
const begin = () =>
  guarded(async () => {
    queue = [];
    const answered = await ask("trail", {});
    trail = answered.trail.map(([number, given]) => ({
      number,
      answer: given,
      why: "answered before",
      get image() {
        const { image } = photoOf({ number });
        Object.defineProperty(this, "image", { value: image });
        return image;
      },
    }));
    place = null;
    await fill();
    show();
  });

find("person").value = localStorage.getItem("person") || facts.person;
find("person").onchange = () => {
  localStorage.setItem("person", find("person").value);
  begin();
};
begin();
